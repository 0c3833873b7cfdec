// The list of calls with what is left to review, and how far people agree with the machine.
const parts = $("parts");
const card = (title, ...inside) => parts.append(h("section", { class: "card" }, h("h2", {}, T(title)), ...inside));
const table = (names, lines, from = 1) => h("div", { class: "wide" }, h("table", {}, h("tr", {}, names.map((x, i) => h("th", { class: i >= from ? "num" : "" }, x))), lines.map((line) => h("tr", {}, line.map((x, i) => h("td", { class: i >= from ? "num" : "" }, x))))));
// To a tenth: 84.6 % is no 85 %, by which a rule is trusted.
const percent = (x) => x === null ? "—" : x.toFixed(1) + " %";
const callLink = (place) => h("a", { href: "/call/" + place.split("/").map(encodeURIComponent).join("/") }, place);
$("nav").append(h("a", { href: "/" }, T("calls_to_review")), " · ", h("a", { href: "/agreement" }, T("agreement")), " · ", h("a", { href: "/corrections.yaml", download: "corrections.yaml" }, T("corrections")));
if (DATA.odd) parts.append(h("p", { class: "soft small", id: "odd" }, `${DATA.odd} ${T("odd_rows")}`));
if (DATA.which === "list") {
  if (DATA.appeals.length) card("open_appeals", table([T("call"), T("rule"), T("appeal_why")], DATA.appeals.map((a) => [callLink(a.call), a.rule, a.by + ": " + a.text]), 9));
  // By what is still open: fatal failures, then what the machine asks and the share of the lost points that nobody has looked at.
  const lost = (c) => c.failed ? (100 - (c.score ?? 100)) * c.open_failed / c.failed : 0;
  const need = (c) => c.problem ? 0 : c.open_failed + c.open_unsure ? -1 - 100 * (c.open_fatal > 0) - 4 * c.open_unsure - lost(c) : 1;
  card("calls_to_review", table([T("call"), T("agent"), T("team"), T("start"), T("score"), T("fatal"), L("verdict", "fail"), L("verdict", "unsure"), T("reviewed")],
    [...DATA.calls].sort((a, b) => need(a) - need(b)).slice(0, 2000).map((c) => [[callLink(c.call), c.problem ? ` ${T("not_readable")} (${c.problem})` : ""], c.agent ?? "–", c.team ?? "–", c.start ?? "–", c.score === null ? "–" : c.score.toFixed(1), c.fatal, c.failed, c.unsure, c.to_review ? `${c.reviewed}/${c.to_review}` : "–"]), 4));
} else {
  card("agreement", h("p", { class: "soft small" }, T("agreement_note")), DATA.rules.length ? table([T("rule"), T("judged"), T("agreed"), "%", T("kappa"), T("wrongly"), T("missed"), T("trust"), T("referred"), T("ruled_fail"), T("ruled_pass"), L("verdict", "not_applicable"), T("left_open")],
    DATA.rules.map((r) => [r.rule, r.judged, r.agreed, percent(r.percent), r.kappa === null ? h("span", { title: T("no_kappa." + r.no_kappa) }, "—") : r.kappa.toFixed(2), r.wrongly_accused, r.missed, r.trusted === null ? T("too_few") : r.trusted ? "✓ " + T("yes") : "✗ " + T("no"), r.referred, r.ruled_fail, r.ruled_pass, r.ruled_not_applicable, r.left_open])) : h("p", { class: "soft" }, T("nothing_yet")));
  card("calibration", table([T("confidence"), T("judged"), T("agreed"), "%"], DATA.bands.map((b) => [`${(100 * b.low).toFixed(0)}–${(100 * b.high).toFixed(0)} %`, b.judged, b.agreed, percent(b.judged ? 100 * b.agreed / b.judged : null)])));
}
painted();
