// On the call's page when the review server shows it: what people say, beside what the machine said.
const REVIEW = DATA.review;
let saidSoFar = REVIEW.said;
const reviewer = h("input", { type: "text", id: "reviewer", maxlength: 100, "aria-label": T("reviewer"), placeholder: T("reviewer"), on: { change: () => localStorage.setItem("reviewer", reviewer.value) } });
reviewer.value = localStorage.getItem("reviewer") || "";
const trouble = h("span", { class: "error", role: "alert" });
// In the reader's own time, to the minute.
const when = (at) => { const t = new Date(at), two = (n) => String(n).padStart(2, "0"); return ` ${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())} ${two(t.getHours())}:${two(t.getMinutes())}`; };
async function send(path, said, written) {
  trouble.textContent = "";
  if (!reviewer.value.trim()) { trouble.textContent = T("say_name"); reviewer.focus(); return; }
  const sent = written?.value;
  let answer, told;
  try {
    answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json", "X-Review-Secret": REVIEW.secret }, body: JSON.stringify({ call: REVIEW.call, scorecard: REVIEW.scorecard, reviewer: reviewer.value, ...said }) });
    told = await answer.json();
  } catch { trouble.textContent = T("not_saved"); return; }
  if (!answer.ok) { trouble.textContent = told?.error ? DATA.labels["error." + told.error.split(":")[0]] ?? told.error : T("not_saved"); return; }
  saidSoFar = told;
  if (written && written.value === sent) written.value = "";
  refresh();
  document.body.dataset.saved = Number(document.body.dataset.saved || 0) + 1;
}
const field = (name) => h("input", { type: "text", maxlength: 4000, placeholder: name, "aria-label": name });
const verdicts = ["pass", "fail", "unsure", "not_applicable"], boxes = new Map();
// What was said of findings that are not there any more stands by itself: it is about nothing else on the page.
const gone = h("ul"), goneBox = { judgements: gone, appeals: gone };
for (const f of DATA.findings) {
  const list = h("ul"), appeals = h("ul"), choice = h("select", { "aria-label": T("disagree") }, verdicts.filter((v) => v !== f.verdict).map((v) => h("option", { value: v }, L("verdict", v)))), remark = field(T("remark_here")), why = field(T("appeal_why"));
  boxes.set(f.rule, { judgements: list, appeals, verdict: f.verdict });
  // An unsure finding is a question: there is nothing to agree with, and each answer settles it.
  const judge = (name, verdict, text) => h("button", { class: name, on: { click: () => send("/api/judge", { rule: f.rule, verdict: verdict ?? choice.value, comment: remark.value }, remark) } }, text);
  const ways = f.verdict === "unsure" ? [...["pass", "fail", "not_applicable"].map((v) => judge("rule", v, L("verdict", v))), remark]
    : [judge("agree", f.verdict, "✓ " + T("agree")), h("span", {}, T("disagree")), choice, remark, judge("correct", null, T("save"))];
  f.el.append(h("div", { class: "rev noprint" }, list, appeals, h("div", { class: "revform" }, ...ways,
    h("details", {}, h("summary", {}, T("appeal")), h("div", { class: "revform" }, why, h("button", { class: "appeal", on: { click: () => send("/api/appeal", { rule: f.rule, text: why.value }, why) } }, T("save")))))));
}
const roleList = h("span"), remarks = h("ul"), remark = h("textarea", { rows: 2, placeholder: T("comment_here"), "aria-label": T("comment_here") });
$("stick").before(h("section", { class: "card bar2 noprint", id: "review" }, h("a", { href: "/" }, "← " + T("back")), h("label", {}, T("reviewer") + " ", reviewer),
  ...DATA.speakers.map((s) => { const pick = h("select", { class: "role", "data-speaker": s.index }, h("option", { value: "" }, "–"), ["agent", "customer", "unknown"].map((r) => h("option", { value: r }, L("role", r)))); pick.addEventListener("change", () => pick.value && send("/api/role", { speaker: s.index, role: pick.value })); return h("label", {}, `${s.name} ${T("role_is")} `, pick); }), roleList, trouble));
document.querySelector(".below").before(h("section", { class: "card noprint", id: "comments" }, h("h2", {}, T("comments")), h("div", { class: "rev" }, remarks), h("div", { class: "revform" }, remark, h("button", { id: "say-comment", on: { click: () => send("/api/comment", { text: remark.value }, remark) } }, T("save"))),
  h("div", { class: "rev hidden", id: "gone" }, h("p", { class: "soft small" }, T("said_of_others")), gone)));
// What stands on the page stays there, with what somebody is writing in it; only what is new or has changed is put in.
const standing = new Map();
function put(list, id, state, make) {
  const before = standing.get(id);
  if (before?.state === state) return;
  const made = make(before?.writing);
  if (before) before.made.replaceWith(made.made); else list.append(made.made);
  standing.set(id, { state, ...made });
}
const entry = (...inside) => ({ made: h("li", {}, ...inside) });
const stamp = (time) => h("span", { class: "soft small" }, when(time));
// What the machine said when a person spoke, where it says something else by now.
const ofAnother = (x) => x.recording && x.recording !== REVIEW.recording;
const then = (x, box) => x.machine && x.machine !== box.verdict ? h("span", { class: "soft small then" }, ` ${T("machine_then")} ${L("verdict", x.machine)} · ${x.standard}`) : null;
const ruleOf = (x, box) => box === goneBox ? [ofAnother(x) ? h("span", { class: "badge" }, T("other_recording")) : null, ` ${x.rule ?? ""} `] : "";
function boxOf(x, box = boxes.get(x.rule)) {
  if (!box || ofAnother(x)) box = goneBox;
  if (box === goneBox) $("gone").classList.remove("hidden");
  return box;
}
const saidBy = (j, box) => j.machine === "unsure" && j.human === "unsure" ? "? " + T("left_open") : j.human !== j.machine ? "✎ " + L("verdict", j.human) : j.machine === box.verdict ? "✓ " + T("agree") : "✓ " + L("verdict", j.human);
function appealLine(a, box, before) {
  const writing = before ?? field(T("answer"));
  const settle = (state) => h("button", { class: state, on: { click: () => send("/api/settle", { appeal: a.id, state, text: writing.value }, writing) } }, T(state));
  const open = a.state === "open" ? h("span", { class: "revform" }, writing, settle("upheld"), settle("rejected")) : writing.value ? writing : null;
  return { writing, ...entry(ruleOf(a, box), h("span", { class: "badge" }, `${T("appeal")} ${T(a.state)}`), " ", h("b", {}, a.by), " " + a.text + (a.settled_by ? ` → ${a.settled_by} ${T(a.state)}${a.answer ? ": " + a.answer : ""}` : ""), a.settled_at ? stamp(a.settled_at) : null, then(a, box), open) };
}
function refresh() {
  for (const j of saidSoFar.judgements) {
    const box = boxOf(j);
    put(box.judgements, "judgement " + j.id, "", () => entry(ruleOf(j, box), h("b", {}, j.reviewer), ` ${saidBy(j, box)} `, j.comment, stamp(j.at), then(j, box)));
  }
  for (const a of saidSoFar.appeals) {
    const box = boxOf(a);
    put(box.appeals, "appeal " + a.id, a.state, (before) => appealLine(a, box, before));
  }
  if (saidSoFar.comments.some((c) => !ofAnother(c)) && !remarks.dataset.some) { remarks.replaceChildren(); remarks.dataset.some = 1; }
  for (const c of saidSoFar.comments) {
    const box = boxOf(c, { judgements: remarks });
    put(box.judgements, "comment " + c.id, "", () => entry(ruleOf(c, box), h("b", {}, c.reviewer), " " + c.text, stamp(c.at)));
  }
  const role = (r) => `${r.reviewer}: ${r.speaker + 1} = ${L("role", r.role)}`;
  for (const r of saidSoFar.roles.filter(ofAnother)) put(boxOf(r).judgements, "role " + r.id, "", () => entry(ruleOf(r, goneBox), role(r), stamp(r.at)));
  roleList.textContent = saidSoFar.roles.filter((r) => !ofAnother(r)).map(role).join("; ");
}
remarks.append(h("li", { class: "soft" }, T("nothing_yet")));
refresh();
