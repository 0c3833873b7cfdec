// The team's page. Every count runs over one row a call; every number opens the calls behind it.
const typed = (text, Kind) => { const raw = atob(text), bytes = new Uint8Array(raw.length); for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i); return new Kind(bytes.buffer); };
const PLACES = DATA.places.split("\n"), N = PLACES.length, NONE = 65535, col = DATA.columns;
const AGENT = typed(col.agent, Uint16Array), TEAM = typed(col.team, Uint16Array), DAY = typed(col.day, Uint16Array), SCORE = typed(col.score, Uint16Array);
const SECONDS = typed(col.seconds, Uint16Array), FAILED = typed(col.failed, Uint8Array), UNSURE = typed(col.unsure, Uint8Array), FATAL = typed(col.fatal, Uint8Array);
const lists = (x) => ({ at: typed(x.offsets, Uint32Array), rules: typed(x.rules, Uint16Array) }), FAIL = lists(DATA.failing), DOUBT = lists(DATA.doubting);
const APPLIES = typed(DATA.applies, Uint8Array), WIDE = APPLIES.length / N; // a bit a call and rule: whether it applied
const appliedIn = (list, r) => { let n = 0; for (const i of list) n += APPLIES[i * WIDE + (r >> 3)] >> (r & 7) & 1; return n; };
const OLD = DATA.outdated ? typed(DATA.outdated, Uint8Array) : null; // a bit a call: whether its page is of another scorecard
const LINKED = DATA.linked ? typed(DATA.linked, Uint8Array) : null; // a bit a call: whether its page is there
for (const m of DATA.measures) m.v = typed(m.values, Float32Array);
const agentName = (i) => i === NONE ? T("nobody") : DATA.agents[i], teamName = (i) => i === NONE ? T("no_team") : DATA.teams[i], dayName = (i) => i === NONE ? "–" : DATA.days[i];
const fixed = (x, d = 1) => x === null || Number.isNaN(x) ? "–" : x.toFixed(d), percent = (a, b) => b ? (100 * a / b).toFixed(1) + " %" : "–";
const state = { allRules: false, team: "", agent: "", from: "", to: "", sort: "mean", down: false, measure: 0 };
const ORDER = new Intl.Collator(document.documentElement.lang);
const TWIN = new Uint32Array(N); // which recording, of calls that are one under several names
DATA.twins.forEach((same, k) => { for (const i of same) TWIN[i] = k + 1; });
const once = (list) => { const met = new Set(); return DATA.twins.length ? list.filter((i) => !TWIN[i] || (!met.has(TWIN[i]) && met.add(TWIN[i]))) : list; };
let picked = new Uint32Array(0), rows = picked, shownList = [], shownCount = 0;

function select() {
  const out = new Uint32Array(N);
  let n = 0;
  const team = state.team === "" ? -1 : +state.team, agent = state.agent === "" ? -1 : +state.agent;
  for (let i = 0; i < N; i++) {
    if (team >= 0 && TEAM[i] !== team) continue;
    if (agent >= 0 && AGENT[i] !== agent) continue;
    if ((state.from || state.to) && (DAY[i] === NONE || (state.from && DATA.days[DAY[i]] < state.from) || (state.to && DATA.days[DAY[i]] > state.to))) continue;
    out[n++] = i;
  }
  picked = out.subarray(0, n);
  rows = once(picked);
}
const FEWEST = 10; // scored calls, for an interval of their mean; the page's words say so, too
// The 97.5 % point of Student's t by Cornish and Fisher's expansion: to 0.005 from nine degrees of freedom on.
const student = (v) => 1.96 + 2.3724 / v + 2.8226 / v ** 2;
function summary(list) {
  let n = 0, sum = 0, squares = 0, fatal = 0, unsure = 0, failed = 0;
  for (const i of list) {
    if (SCORE[i] !== NONE) { const s = SCORE[i] / 10; n++; sum += s; squares += s * s; }
    fatal += FATAL[i]; unsure += UNSURE[i] > 0; failed += FAILED[i];
  }
  const mean = n ? sum / n : null, sd = n >= FEWEST ? Math.sqrt(Math.max(0, (squares - n * mean * mean) / (n - 1))) : null;
  return { calls: list.length, n, mean, half: sd === null ? null : student(n - 1) * sd / Math.sqrt(n), fatal, unsure, failed };
}
const median = (sorted) => sorted.length ? (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2 : null;
// In each group a recording counts once, whatever group it was first met in.
function group(by, list = picked) {
  const out = new Map();
  for (const i of list) { const k = by[i]; let g = out.get(k); if (!g) out.set(k, g = []); g.push(i); }
  for (const [k, g] of out) out.set(k, once(g));
  return out;
}
// ---- the list of calls behind a number
function open(what, list) {
  // lowest score first, then by place: both in one number, since typed arrays sort fast
  shownList = Float64Array.from(list, (i) => SCORE[i] * 2 ** 32 + i).sort().map((x) => x % 2 ** 32);
  shownCount = 0;
  $("what").textContent = `${what} · ${shownList.length}`;
  $("list").replaceChildren(h("tr", {}, [T("call"), T("agent"), T("team"), T("day"), T("length"), T("score"), T("failed_rules"), T("unsure_rules")].map((x, i) => h("th", { class: i === 4 || i === 5 ? "num" : "" }, x))));
  more();
}
function link(i) {
  const place = PLACES[i];
  if (DATA.links === null || (LINKED && !(LINKED[i >> 3] >> (i & 7) & 1))) return h("span", {}, place);
  const path = (DATA.links ? DATA.links.replace(/\/?$/, "/") : "./") + place.split("/").map(encodeURIComponent).join("/") + ".html";
  const a = h("a", { href: path }, place);
  return OLD && OLD[i >> 3] >> (i & 7) & 1 ? h("span", {}, a, " ", h("span", { class: "badge v-unsure" }, T("page_outdated"))) : a;
}
const ruleIds = (x, i) => [...x.rules.subarray(x.at[i], x.at[i + 1])].map((r) => DATA.rules[r].id).join(" ");
function more() {
  const part = document.createDocumentFragment();
  for (const i of shownList.slice(shownCount, shownCount + 50))
    part.append(h("tr", {}, h("td", {}, link(i)), h("td", {}, agentName(AGENT[i])), h("td", {}, teamName(TEAM[i])), h("td", { class: "num" }, dayName(DAY[i])), h("td", { class: "num" }, clock(SECONDS[i] * 1000)),
      h("td", { class: "num" }, SCORE[i] === NONE ? "–" : (SCORE[i] / 10).toFixed(1)), h("td", { class: "v-fail small" }, (FATAL[i] ? "⚠ " : "") + ruleIds(FAIL, i)), h("td", { class: "v-unsure small" }, ruleIds(DOUBT, i))));
  $("list").append(part);
  shownCount = Math.min(shownCount + 50, shownList.length);
  $("more").classList.toggle("hidden", shownCount >= shownList.length);
}
$("more").addEventListener("click", more);
function lead(text, what, list, cls) { return h("button", { class: cls || "link", on: { click: () => { open(what, typeof list === "function" ? list() : list); $("calls").scrollIntoView({ behavior: "smooth" }); $("calls").focus({ preventScroll: true }); } } }, text); }
function act(el, what, list) {
  el.setAttribute("role", "button"); el.setAttribute("tabindex", "0"); el.setAttribute("aria-label", what);
  const title = svg("title", {}); title.textContent = what; el.append(title);
  const go = () => { open(what, list()); $("calls").scrollIntoView({ behavior: "smooth" }); };
  el.addEventListener("click", go);
  el.addEventListener("keydown", (e) => { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); go(); } });
  return el;
}
const text = (x, y, said, props = {}) => { const t = svg("text", { x, y, ...props }); t.textContent = said; return t; };
// ---- the parts
const interval = (x) => x.mean === null ? null : h("span", { class: "ci", title: x.half === null ? T("too_few_scored") : null }, x.half === null ? " —" : ` ±${x.half.toFixed(1)}`);
const scoredOf = (x) => { const said = `${x.n} / ${x.calls}`; return x.n === x.calls ? said : lead(said, `${x.name} ${T("without_score")}`, () => x.list.filter((i) => SCORE[i] === NONE)); };
function kpis() {
  const s = summary(rows), sorted = Float64Array.from(rows.filter((i) => SCORE[i] !== NONE), (i) => SCORE[i] / 10).sort();
  const one = (value, name, list) => { const b = lead("", name, list, "kpi"); b.append(h("b", {}, value), h("span", {}, name)); return b; };
  $("kpis").replaceChildren(one(s.calls, T("calls"), rows), one(fixed(s.mean), T("mean_score") + (s.n < s.calls ? ` · ${s.n} / ${s.calls} ${T("have_a_score")}` : ""), rows), one(fixed(median(sorted)), T("median_score"), rows),
    one(percent(s.fatal, s.calls), T("with_fatal"), () => rows.filter((i) => FATAL[i])), one(percent(s.unsure, s.calls), T("with_unsure"), () => rows.filter((i) => UNSURE[i])),
    one(new Set(rows.map((i) => AGENT[i]).filter((a) => a !== NONE)).size, T("agents"), rows.filter((i) => AGENT[i] !== NONE)));
}
function bars(place, bins, names, color, of) {
  const W = 640, H = 190, top = Math.max(1, ...bins), wide = (W - 44) / bins.length, g = svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "group" });
  for (const n of new Set([0, Math.ceil(top / 2), top])) { const y = 14 + (H - 44) * (1 - n / top); g.append(svg("line", { x1: 40, x2: W, y1: y, y2: y, stroke: "#e8ecf0" }), text(36, y + 4, n, { "text-anchor": "end" })); }
  bins.forEach((n, b) => {
    const tall = (H - 44) * n / top, x = 42 + b * wide;
    g.append(act(svg("rect", { x: x + 1.5, y: 14 + H - 44 - tall, width: wide - 3, height: Math.max(tall, n ? 1.5 : 0), fill: color(b), rx: 2 }), `${names[b]}: ${n}`, () => of(b)));
    if (bins.length <= 12 || b % 2 === 0) g.append(text(x + wide / 2, H - 12, names[b], { "text-anchor": "middle" }));
  });
  place.replaceChildren(g);
}
function histogram() {
  const bins = new Array(10).fill(0), bin = (i) => Math.min(9, Math.floor(SCORE[i] / 100));
  for (const i of rows) if (SCORE[i] !== NONE) bins[bin(i)]++;
  bars($("histogram"), bins, bins.map((_, b) => `${b * 10}–${b * 10 + (b === 9 ? 10 : 9)}`), (b) => b >= 9 ? "#009e73" : b >= 6 ? "#56b4e9" : "#d55e00", (b) => rows.filter((i) => SCORE[i] !== NONE && bin(i) === b));
}
function period(day) {
  if (DATA.days.length <= 31) return day;
  if (DATA.days.length > 400) return day.slice(0, 7);
  const d = new Date(day + "T00:00:00Z"); d.setUTCDate(d.getUTCDate() - (d.getUTCDay() + 6) % 7);
  return d.toISOString().slice(0, 10);
}
const PERIOD = DATA.days.map(period), PERIODS = [...new Set(PERIOD)], PERIOD_OF = PERIOD.map((p) => PERIODS.indexOf(p)), PERIOD_AT = Array.from(DAY, (d) => PERIOD_OF[d]);
function trend() {
  const groups = group(PERIOD_AT, picked.filter((i) => DAY[i] !== NONE));
  const points = [...groups.keys()].sort((a, b) => a - b).map((p) => ({ name: PERIODS[p], list: groups.get(p), ...summary(groups.get(p)) })).filter((p) => p.mean !== null);
  if (!points.length) { $("trend").replaceChildren(h("p", { class: "soft" }, T("no_days"))); return; }
  const W = 640, H = 190, low = Math.max(0, Math.floor(Math.min(...points.map((p) => p.mean - (p.half || 0))) / 10) * 10), high = Math.min(100, Math.ceil(Math.max(...points.map((p) => p.mean + (p.half || 0))) / 10) * 10) || 100;
  const X = (i) => 48 + (points.length === 1 ? 0.5 : i / (points.length - 1)) * (W - 70), Y = (v) => 12 + (H - 44) * (1 - (v - low) / Math.max(1, high - low)), g = svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "group" });
  for (let v = low; v <= high; v += Math.max(5, (high - low) / 4)) g.append(svg("line", { x1: 44, x2: W, y1: Y(v), y2: Y(v), stroke: "#e8ecf0" }), text(38, Y(v) + 4, Math.round(v), { "text-anchor": "end" }));
  const edge = (sign, part) => part.map((i) => `${X(i)},${Y(points[i].mean + sign * points[i].half)}`), shades = [[]];
  points.forEach((p, i) => { if (p.half !== null) shades.at(-1).push(i); else if (shades.at(-1).length) shades.push([]); });
  for (const part of shades) if (part.length > 1) g.append(svg("polygon", { points: [...edge(1, part), ...edge(-1, part).reverse()].join(" "), fill: "#0072b2", opacity: 0.13 }));
  g.append(svg("polyline", { points: points.map((p, i) => `${X(i)},${Y(p.mean)}`).join(" "), fill: "none", stroke: "#0072b2", "stroke-width": 2 }));
  points.forEach((p, i) => { g.append(act(svg("circle", { cx: X(i), cy: Y(p.mean), r: 5, fill: "#0072b2" }), `${p.name}: ${fixed(p.mean)}${p.half === null ? "" : ` ±${p.half.toFixed(1)}`} (${p.n} / ${p.calls})`, () => p.list)); if (i % Math.ceil(points.length / 7) === 0) g.append(text(X(i), H - 12, p.name.slice(PERIODS.length > 60 ? 0 : 5), { "text-anchor": "middle" })); });
  $("trend").replaceChildren(g);
}
function callsWith(x, rule, list = rows) { const out = []; for (const i of list) for (let k = x.at[i]; k < x.at[i + 1]; k++) if (x.rules[k] === rule) { out.push(i); break; } return out; }
function countRules(x, list) { const out = new Uint32Array(DATA.rules.length); for (const i of list) for (let k = x.at[i]; k < x.at[i + 1]; k++) out[x.rules[k]]++; return out; }
const RULES_SHOWN = 12;
function rules() {
  const fails = countRules(FAIL, rows), doubts = countRules(DOUBT, rows), broken = [...fails.keys()].filter((r) => fails[r]).sort((a, b) => fails[b] - fails[a]), top = state.allRules ? broken : broken.slice(0, RULES_SHOWN), most = fails[top[0]] || 1;
  $("rules").replaceChildren(h("tr", {}, [T("rule"), "", T("failed_calls"), T("share"), T("unsure_calls")].map((x, i) => h("th", { class: i > 1 ? "num" : "" }, x))),
    ...top.map((r) => h("tr", {}, h("td", {}, `${DATA.rules[r].id} ${DATA.rules[r].name}`), h("td", {}, h("span", { class: "mini" }, h("i", { style: { width: 100 * fails[r] / most + "%" } }))),
      h("td", { class: "num" }, lead(fails[r], `${DATA.rules[r].id} ${L("verdict", "fail")}`, () => callsWith(FAIL, r))), h("td", { class: "num" }, percent(fails[r], appliedIn(rows, r))),
      h("td", { class: "num" }, doubts[r] ? lead(doubts[r], `${DATA.rules[r].id} ${L("verdict", "unsure")}`, () => callsWith(DOUBT, r)) : "0"))));
  const left = broken.length - RULES_SHOWN, fold = $("more-rules");
  fold.classList.toggle("hidden", left <= 0);
  fold.setAttribute("aria-expanded", String(state.allRules));
  fold.textContent = state.allRules ? T("fewer_rules") : `${T("more_rules")} ${left} ${T("more_rules_unit")}`;
}
$("more-rules").addEventListener("click", () => { state.allRules = !state.allRules; rules(); });
function first() {
  const weight = (i) => (FATAL[i] ? 10000 : 0) + (SCORE[i] === NONE ? 0 : 1000 - SCORE[i]) + 40 * UNSURE[i];
  const bad = rows.filter((i) => FATAL[i] || FAILED[i] || UNSURE[i] || SCORE[i] === NONE); // of the rest nothing says why
  const ranked = [...Float64Array.from(bad, (i) => (65535 - weight(i)) * 2 ** 32 + i).sort().subarray(0, 10)].map((x) => [x % 2 ** 32]);
  $("first").replaceChildren(h("tr", {}, [T("call"), T("agent"), T("score"), T("why")].map((x, i) => h("th", { class: i === 2 ? "num" : "" }, x))),
    ...ranked.map(([i]) => h("tr", {}, h("td", {}, link(i)), h("td", {}, agentName(AGENT[i])), h("td", { class: "num" }, SCORE[i] === NONE ? "–" : (SCORE[i] / 10).toFixed(1)),
      h("td", { class: "small" }, [SCORE[i] === NONE ? T("without_score") : "", FATAL[i] ? T("has_fatal") : "", FAILED[i] ? `${FAILED[i]} ${T("rules_failed")}` : "", UNSURE[i] ? `${UNSURE[i]} ${T("rules_unsure")}` : ""].filter(Boolean).join(T("comma"))))));
}
function agents() {
  const all = summary(rows), lines = [...group(AGENT)].map(([a, list]) => { const f = countRules(FAIL, list); let worst = 0; f.forEach((n, r) => { if (n > f[worst]) worst = r; }); return { a, list, name: agentName(a), team: teamName(TEAM[list[0]]), worst, worstCount: f[worst] || 0, worstOf: f[worst] ? appliedIn(list, worst) : 1, ...summary(list) }; });
  const keys = { name: (x) => x.name, team: (x) => x.team, calls: (x) => x.calls, scored: (x) => x.n / x.calls, mean: (x) => x.mean ?? 101, fatal: (x) => x.fatal / x.calls, unsure: (x) => x.unsure / x.calls, worst: (x) => x.worstCount / x.worstOf }, key = keys[state.sort];
  lines.sort((x, y) => { const a = key(x), b = key(y), d = typeof a === "string" ? ORDER.compare(a, b) : a - b; return (state.down ? -d : d) || ORDER.compare(x.name, y.name); });
  const head = [["name", T("agent")], ["team", T("team")], ["calls", T("calls")], ["scored", T("scored_of")], ["mean", T("mean_score")], ["fatal", T("with_fatal")], ["unsure", T("with_unsure")], ["worst", T("worst_rule")]];
  $("agents").replaceChildren(h("tr", {}, head.map(([k, x], i) => h("th", { class: i > 1 && i < 7 ? "num" : "", "aria-sort": state.sort === k ? (state.down ? "descending" : "ascending") : null }, h("button", { on: { click: () => { state.down = state.sort === k ? !state.down : !["mean", "name", "team", "scored"].includes(k); state.sort = k; agents(); } } }, x + (state.sort === k ? (state.down ? " ↓" : " ↑") : ""))))),
    ...lines.slice(0, 300).map((x) => h("tr", {}, h("td", {}, h("button", { title: T("only_agent"), on: { click: () => { state.agent = String(x.a); $("agent").value = state.agent; all_(); window.scrollTo(0, 0); } } }, x.name)), h("td", {}, x.team), h("td", { class: "num" }, lead(x.calls, x.name, x.list)), h("td", { class: "num" }, scoredOf(x)),
      h("td", { class: "num" }, x.half !== null && all.mean !== null && x.mean + x.half < all.mean ? h("span", { class: "flag", title: T("below") }, "▼ ") : null, fixed(x.mean), interval(x)),
      h("td", { class: "num" }, x.fatal ? lead(percent(x.fatal, x.calls), `${x.name} ${T("with_fatal")}`, () => x.list.filter((i) => FATAL[i])) : "0"), h("td", { class: "num" }, x.unsure ? lead(percent(x.unsure, x.calls), `${x.name} ${T("with_unsure")}`, () => x.list.filter((i) => UNSURE[i])) : "0"),
      h("td", {}, x.worstCount ? lead(`${DATA.rules[x.worst].id} ${DATA.rules[x.worst].name} ${percent(x.worstCount, x.worstOf)}`, `${x.name} ${DATA.rules[x.worst].id}`, () => callsWith(FAIL, x.worst, x.list)) : "–"))));
}
function teams() {
  const lines = [...group(TEAM)].map(([t, list]) => ({ t, list, name: teamName(t), ...summary(list) })).sort((a, b) => (a.mean ?? 101) - (b.mean ?? 101));
  $("teams").replaceChildren(h("tr", {}, [T("team"), T("calls"), T("scored_of"), T("mean_score"), T("with_fatal"), T("with_unsure")].map((x, i) => h("th", { class: i ? "num" : "" }, x))),
    ...lines.map((x) => h("tr", {}, h("td", {}, x.name), h("td", { class: "num" }, lead(x.calls, x.name, x.list)), h("td", { class: "num" }, scoredOf(x)), h("td", { class: "num" }, fixed(x.mean), interval(x)),
      h("td", { class: "num" }, x.fatal ? lead(percent(x.fatal, x.calls), x.name, () => x.list.filter((i) => FATAL[i])) : "0"), h("td", { class: "num" }, x.unsure ? lead(percent(x.unsure, x.calls), x.name, () => x.list.filter((i) => UNSURE[i])) : "0"))));
}
const FEWEST_AGENTS = 5; // to compare one with; the page's words say so, too
function spread() {
  const m = DATA.measures[state.measure];
  if (!m) return;
  const list = rows.filter((i) => !Number.isNaN(m.v[i])), sorted = Float32Array.from(list, (i) => m.v[i]).sort();
  if (!sorted.length) { $("spread").replaceChildren(h("p", { class: "soft" }, "–")); $("outliers").replaceChildren(); return; }
  const low = sorted[Math.floor(sorted.length * 0.005)], high = Math.max(low + 1e-6, sorted[Math.ceil(sorted.length * 0.995) - 1]), size = (high - low) / 16 || 1, bins = new Array(16).fill(0), bin = (i) => Math.min(15, Math.max(0, Math.floor((m.v[i] - low) / size)));
  for (const i of list) bins[bin(i)]++;
  bars($("spread"), bins, bins.map((_, b) => (low + b * size).toFixed(size < 1 ? 1 : 0)), () => "#0072b2", (b) => list.filter((i) => bin(i) === b));
  // agents whose own median lies far from the others', in robust standard deviations
  const meds = [...group(AGENT, picked.filter((i) => !Number.isNaN(m.v[i])))].filter(([, l]) => l.length >= 5).map(([a, l]) => ({ a, l, med: median(Float32Array.from(l, (i) => m.v[i]).sort()) })), centre = median(Float64Array.from(meds, (x) => x.med).sort()), mad = median(Float64Array.from(meds, (x) => Math.abs(x.med - centre)).sort());
  const far = meds.length >= FEWEST_AGENTS && mad > 0 ? meds.map((x) => ({ ...x, z: (x.med - centre) / (1.4826 * mad) })).filter((x) => Math.abs(x.z) > 3).sort((a, b) => Math.abs(b.z) - Math.abs(a.z)).slice(0, 8) : [];
  $("outliers").replaceChildren(h("p", { class: "small" }, `${T("median")} ${fixed(median(sorted))} ${m.unit} · n = ${sorted.length}`),
    far.length ? h("table", {}, h("tr", {}, [T("outlier_agent"), T("median"), T("deviations"), T("calls")].map((x, i) => h("th", { class: i ? "num" : "" }, x))), far.map((x) => h("tr", {}, h("td", {}, agentName(x.a)), h("td", { class: "num" }, `${fixed(x.med)} ${m.unit}`), h("td", { class: "num" }, (x.z > 0 ? "+" : "") + x.z.toFixed(1)), h("td", { class: "num" }, lead(x.l.length, agentName(x.a), x.l))))) : h("p", { class: "soft small" }, T(meds.length < FEWEST_AGENTS ? "too_few_agents" : mad > 0 || meds.every((x) => x.med === centre) ? "no_outliers" : "same_medians")));
}
function bar() {
  const pick = (id, name, options, key) => { const s = h("select", { id, on: { change: () => { state[key] = s.value; all_(); } } }, h("option", { value: "" }, T("everything")), options.map((x, i) => h("option", { value: i }, x))); return h("label", {}, name, s); };
  const day = (id, name, key) => { const s = h("input", { id, type: "date", min: DATA.days[0], max: DATA.days[DATA.days.length - 1], on: { change: () => { state[key] = s.value; all_(); } } }); return h("label", {}, name, s); };
  $("bar").append(pick("team", T("team"), DATA.teams, "team"), pick("agent", T("agent"), DATA.agents, "agent"), day("from", T("from"), "from"), day("to", T("to"), "to"),
    h("button", { id: "reset", on: { click: () => { for (const key of ["team", "agent", "from", "to"]) { state[key] = ""; $(key).value = ""; } all_(); } } }, T("reset")));
  DATA.measures.forEach((m, i) => $("which").append(h("option", { value: i }, m.label)));
  $("which").addEventListener("change", () => { state.measure = +$("which").value; spread(); });
}
function twins() {
  const met = new Set(rows), left = picked.filter((i) => !met.has(i));
  $("twins").replaceChildren(...left.length ? [lead(`${left.length} ${T("calls_of")}`, T("twins"), left), T("twins_note")] : []);
}
function all_() { select(); twins(); kpis(); histogram(); trend(); rules(); first(); agents(); teams(); spread(); open(T("selected"), rows); }
$("gone").textContent = DATA.gone ? `${DATA.gone} ${T("gone_note")}` : "";
(function standards() {
  const all = DATA.standards, place = $("standards"), one = ([name, profile, n]) => `${name} · ${T("profile")} ${profile}` + (all.length > 1 ? ` · ${n} ${T("calls")}` : "");
  place.textContent = (all.length > 1 ? T("mixed_standards") + " " : all.length ? T("standard") + " " : "") + all.map(one).join(T("semicolon"));
  place.classList.toggle("mixed", all.length > 1);
})();
bar(); all_(); painted();
