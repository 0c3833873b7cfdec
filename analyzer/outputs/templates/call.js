// The call's page. One clock drives everything: the audio's when there is audio, else a position set by hand.
const C = DATA.call, END = C.duration_ms, audio = $("audio"), sounds = DATA.audio.kind !== "none";
const WHO = (speaker) => (DATA.speakers.find((s) => s.index === speaker) || {}).name || String(speaker + 1);
const COLOR = [ink("agent"), ink("customer")], roleColor = (s) => COLOR[DATA.speakers.findIndex((x) => x.index === s) ? 1 : 0];
let position = 0, view = [0, END], follow = true, stopAt = null, selected = null, shown = new Set(["fail", "unsure"]);

// ---- playing
function seek(ms, play) {
  position = Math.min(END, Math.max(0, ms));
  if (sounds) {
    const to = position / 1000;
    if (audio.readyState) audio.currentTime = to;
    else audio.addEventListener("loadedmetadata", () => { audio.currentTime = to; }, { once: true });
    if (play) audio.play().catch(() => {});
  }
  if (position < view[0] || position > view[1]) moveView(position - (view[1] - view[0]) / 4);
  tick();
}
function hear(span) {
  const lead = 400;
  stopAt = Math.min(END, span[1] + 300);
  const width = Math.max(span[1] - span[0], 1000);
  if (view[1] - view[0] > 60000) setView(span[0] - Math.max(10000, width), span[1] + Math.max(10000, width));
  seek(Math.max(0, span[0] - lead), true);
}
function toggle() {
  if (!sounds) return;
  stopAt = null;
  if (audio.paused) audio.play().catch(() => {}); else audio.pause();
}
if (sounds) {
  // The sound stands behind this script in the file, so that the page shows before the sound is read.
  if (DATA.audio.kind === "linked") audio.src = DATA.audio.url;
  else document.addEventListener("painted", () => {
    const raw = atob($("sound").textContent.trim()), bytes = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
    audio.src = URL.createObjectURL(new Blob([bytes], { type: DATA.audio.type }));
  });
  const loop = () => {
    position = audio.currentTime * 1000;
    if (stopAt !== null && position >= stopAt) { audio.pause(); stopAt = null; }
    if (follow && position > view[1]) moveView(position - (view[1] - view[0]) * 0.05);
    tick();
    if (!audio.paused) requestAnimationFrame(loop);
  };
  audio.addEventListener("play", () => { state(); requestAnimationFrame(loop); });
  for (const name of ["pause", "ended"]) audio.addEventListener(name, state);
  audio.addEventListener("error", () => { $("say").textContent = T("no_audio_file"); });
}
function state() {
  const paused = !sounds || audio.paused;
  $("play").textContent = paused ? "▶ " + T("play") : "❚❚ " + T("pause");
  $("play").setAttribute("aria-pressed", String(!paused));
}

// ---- one leg alone (embedded audio only: a linked file is another origin to the browser)
let graph = null;
function solo(leg) {
  if (!graph) {
    const context = new AudioContext(), source = context.createMediaElementSource(audio);
    const split = context.createChannelSplitter(2), gains = [context.createGain(), context.createGain()];
    const join = context.createGain();
    join.channelCount = 1; join.channelCountMode = "explicit";
    source.connect(split);
    gains.forEach((gain, i) => { split.connect(gain, i); gain.connect(join); });
    join.connect(context.destination);
    graph = { context, gains };
  }
  graph.context.resume();
  graph.gains.forEach((gain, i) => { gain.gain.value = leg === null || leg === i ? 1 : 0; });
}

// ---- the time line
const line = $("line"), LANES = [], RULER = 20, LABEL = 58;
function decode(text) {
  const raw = atob(text), out = new Int8Array(raw.length);
  for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i) << 24 >> 24;
  return out;
}
for (const leg of DATA.peaks) leg.data = decode(leg.b64);
(function plan() {
  let at = RULER;
  const lane = (kind, height, what) => { LANES.push({ kind, top: at, height, what }); at += height + 6; };
  for (const leg of DATA.peaks.length ? DATA.peaks : DATA.speakers.map((s) => ({ speakers: [s.index], data: null, bin_ms: 0 })))
    lane("wave", 62, leg);
  lane("events", 40, null);
  lane("findings", 26, null);
  for (const name of [...new Set(DATA.series.map((s) => s.name))].slice(0, 4)) lane("curve", 46, DATA.series.filter((s) => s.name === name));
  LANES.height = at;
  line.style.setProperty("height", at + "px");
})();
let wide = 600, asked = false;
const px = () => wide;
function draw() { if (!asked) { asked = true; requestAnimationFrame(() => { asked = false; paint(); }); } }
const X = (ms) => LABEL + (ms - view[0]) / (view[1] - view[0]) * px();
const MS = (x) => view[0] + (x - LABEL) / px() * (view[1] - view[0]);
function setView(a, b) {
  const width = Math.min(END, Math.max(2000, b - a)), start = Math.min(Math.max(0, a), END - width);
  view = [start, start + width];
  draw();
}
function moveView(start) { setView(start, start + view[1] - view[0]); }
function zoom(by, around = position) {
  const width = (view[1] - view[0]) * by, share = Math.min(1, Math.max(0, (around - view[0]) / (view[1] - view[0])));
  setView(around - width * share, around + width * (1 - share));
}
function canvas2d(el, width, height) {
  const ratio = window.devicePixelRatio || 1;
  el.width = Math.round(width * ratio); el.height = Math.round(height * ratio);
  const g = el.getContext("2d");
  g.scale(ratio, ratio);
  return g;
}
const patterns = {};
function hatch(g, color, slope) {
  const key = color + slope;
  if (!patterns[key]) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const t = tile.getContext("2d");
    t.strokeStyle = color; t.lineWidth = 1.6;
    t.beginPath();
    if (slope === "x" || slope === "/") { t.moveTo(0, 8); t.lineTo(8, 0); t.moveTo(-2, 2); t.lineTo(2, -2); t.moveTo(6, 10); t.lineTo(10, 6); }
    if (slope === "x" || slope === "\\") { t.moveTo(0, 0); t.lineTo(8, 8); t.moveTo(-2, 6); t.lineTo(2, 10); t.moveTo(6, -2); t.lineTo(10, 2); }
    if (slope === "|") { t.moveTo(4, 0); t.lineTo(4, 8); }
    if (slope === ".") { t.arc(4, 4, 1.2, 0, 7); }
    t.stroke();
    patterns[key] = g.createPattern(tile, "repeat");
  }
  return patterns[key];
}
const OVERLAP = { interruption: ["#c44900", "▼"], simultaneous_start: ["#8a6d00", "◆"], terminal: ["#0072b2", "◗"], backchannel: ["#007a58", "○"] };
const PAUSE = { dead_air: ["#a3487f", "/"], hold: ["#56707f", "|"], queue: ["#9aa5b1", "|"], opening: ["#9aa5b1", "."], closing: ["#9aa5b1", "."], announcement: ["#7a6a4f", "x"] };
function wave(g, lane, width) {
  const { top, height, what } = lane, mid = top + height / 2, tall = height / 2 - 3;
  g.fillStyle = "#f7f9fa"; g.fillRect(LABEL, top, width, height);
  for (const speaker of what.speakers) {
    g.fillStyle = roleColor(speaker) + "1f";
    for (const turn of DATA.turns) {
      if (turn.s !== speaker || turn.b < view[0] || turn.a > view[1]) continue;
      const a = X(turn.a), b = Math.max(a + 1, X(turn.b));
      g.fillRect(a, top, b - a, height);
      g.fillRect(a, top + height - 3, b - a, 3);
    }
  }
  g.strokeStyle = "#d4dae1"; g.lineWidth = 1;
  g.beginPath(); g.moveTo(LABEL, mid); g.lineTo(LABEL + width, mid); g.stroke();
  if (!what.data) return;
  g.fillStyle = what.speakers.length > 1 ? "#44515e" : roleColor(what.speakers[0]);
  const gain = tall / Math.max(8, what.top);
  const per = (view[1] - view[0]) / width / what.bin_ms, first = view[0] / what.bin_ms;
  for (let x = 0; x < width; x++) {
    let i = Math.floor(first + x * per), to = Math.max(i + 1, Math.ceil(first + (x + 1) * per)), low = 0, high = 0;
    for (; i < to && i * 2 < what.data.length; i++) { low = Math.min(low, what.data[2 * i]); high = Math.max(high, what.data[2 * i + 1]); }
    g.fillRect(LABEL + x, mid - Math.min(tall, high * gain), 1, Math.max(1, Math.min(tall, high * gain) - Math.max(-tall, low * gain)));
  }
}
function mark(g, shape, x, y, color) {
  g.fillStyle = color; g.strokeStyle = color; g.lineWidth = 2;
  g.beginPath();
  if (shape === "▼") { g.moveTo(x - 5, y - 4); g.lineTo(x + 5, y - 4); g.lineTo(x, y + 5); g.fill(); }
  else if (shape === "◆") { g.moveTo(x, y - 5); g.lineTo(x + 5, y); g.lineTo(x, y + 5); g.lineTo(x - 5, y); g.fill(); }
  else if (shape === "◗") { g.arc(x, y, 5, -Math.PI / 2, Math.PI / 2); g.fill(); }
  else if (shape === "○") { g.arc(x, y, 3.6, 0, 7); g.stroke(); }
  else if (shape === "■") { g.fillRect(x - 4, y - 4, 8, 8); }
}
function events(g, lane, width) {
  const { top, height } = lane;
  g.fillStyle = "#fbfcfd"; g.fillRect(LABEL, top, width, height);
  for (const p of [...DATA.pauses, ...DATA.announcements]) {
    const look = PAUSE[p.kind];
    if (!look || p.b < view[0] || p.a > view[1]) continue;
    const a = Math.max(LABEL, X(p.a)), b = Math.min(LABEL + width, Math.max(a + 2, X(p.b)));
    g.fillStyle = look[0] + "22"; g.fillRect(a, top + 20, b - a, height - 20);
    g.fillStyle = hatch(g, look[0], look[1]); g.fillRect(a, top + 20, b - a, height - 20);
    if (b - a > 44) {
      const text = L("pause", p.kind) + " " + ((p.b - p.a) / 1000).toFixed(1) + " s" + (p.music ? " ♪" : "");
      g.font = "11.5px sans-serif";
      const wide = g.measureText(text).width;
      if (wide < b - a - 6) { g.fillStyle = "#fffffff0"; g.fillRect(a + 3, top + 23, wide + 6, 14); g.fillStyle = look[0]; g.fillText(text, a + 6, top + 34); }
    }
  }
  for (const o of DATA.overlaps) {
    if (o.b < view[0] || o.a > view[1]) continue;
    const look = OVERLAP[o.kind] || ["#333", "■"], a = X(o.a), b = Math.max(a + 2, X(o.b));
    g.fillStyle = look[0] + (o.outcome === "successful" ? "88" : "3a"); g.fillRect(a, top + 1, b - a, 17);
    mark(g, look[1], (a + b) / 2, top + 9, look[0]);
  }
  for (const e of DATA.hangup.evidence) {
    const x = X(e.a);
    if (x < LABEL || x > LABEL + width) continue;
    g.strokeStyle = "#111"; g.setLineDash([3, 3]); g.lineWidth = 1.2;
    g.beginPath(); g.moveTo(x, RULER); g.lineTo(x, top + height); g.stroke(); g.setLineDash([]);
    mark(g, "■", x, top + 9, "#111");
  }
}
// Evidence that is no place: something missing from half the call or more, or a figure of the whole call.
function nowhere(e) { return e.b - e.a >= END * (e.quote || e.value !== "" ? 0.9 : 0.5); }
// What is judged; what only called for it is in the finding's list.
function own(f) { return f.evidence.filter((e) => !e.context); }
function visible() { return DATA.findings.filter((f) => shown.has(f.verdict)); }
function marks(g, lane, width) {
  const { top, height } = lane;
  g.fillStyle = "#fbfcfd"; g.fillRect(LABEL, top, width, height);
  g.textAlign = "center"; g.font = "bold 13px sans-serif";
  for (const f of visible()) for (const e of own(f)) {
    if (e.b < view[0] || e.a > view[1]) continue;
    const a = X(e.a), b = Math.max(a + 3, X(e.b)), color = ink(f.verdict === "not_applicable" ? "na" : f.verdict);
    // a long stretch is a thin line, so that it hides nothing
    if (nowhere(e) && selected !== f) continue;
    const broad = (e.b - e.a > 20000 && e.b - e.a > END * 0.3) || nowhere(e);
    g.fillStyle = color + (selected === f ? "66" : broad ? "55" : "26");
    if (broad) g.fillRect(a, top + height - 4, b - a, 3); else g.fillRect(a, top + 2, b - a, height - 4);
    g.fillStyle = color; g.fillText(ICON[f.verdict], Math.max(LABEL + 6, a + 1), top + height / 2 + 5);
  }
  g.textAlign = "left";
}
function curve(g, lane, width) {
  const { top, height, what } = lane;
  g.fillStyle = "#fff"; g.fillRect(LABEL, top, width, height);
  const all = what.flatMap((s) => s.v.filter((v) => v !== null));
  if (!all.length) return;
  all.sort((a, b) => a - b);
  let low = all[Math.floor(all.length * 0.01)], high = all[Math.ceil(all.length * 0.99) - 1];
  if (high - low < 1) { low -= 1; high += 1; }
  const Y = (v) => top + 4 + (height - 8) * (1 - (Math.min(high, Math.max(low, v)) - low) / (high - low));
  g.strokeStyle = "#e8ecf0"; g.lineWidth = 1; g.strokeRect(LABEL + 0.5, top + 0.5, width - 1, height - 1);
  what.forEach((s) => {
    const color = roleColor(s.speaker), second = color === COLOR[1];
    const step = s.t.length > 1 ? (s.t[s.t.length - 1] - s.t[0]) / (s.t.length - 1) : 1000, joins = step < 1500 ? 2.5 * step : 0;
    g.strokeStyle = color; g.fillStyle = color; g.lineWidth = 1.5; g.setLineDash(second ? [4, 2] : []);
    let last = null;
    g.beginPath();
    s.t.forEach((t, i) => {
      const v = s.v[i];
      if (v === null || t < view[0] - 5000 || t > view[1] + 5000) { if (v === null) last = null; return; }
      const x = X(t), y = Y(v);
      if (last !== null && joins && t - last <= joins) g.lineTo(x, y); else g.moveTo(x, y);
      last = t;
    });
    g.stroke(); g.setLineDash([]);
    if (!joins) s.t.forEach((t, i) => {
      if (s.v[i] === null) return;
      const x = X(t), y = Y(s.v[i]);
      if (x < LABEL || x > LABEL + width) return;
      if (second) g.strokeRect(x - 3, y - 3, 6, 6); else { g.beginPath(); g.arc(x, y, 3.4, 0, 7); g.fill(); }
    });
  });
  g.clearRect(0, top - 1, LABEL, height + 2);
  g.fillStyle = ink("soft"); g.font = "10.5px sans-serif"; g.textAlign = "right";
  g.fillText(high.toFixed(0), LABEL - 4, top + 10); g.fillText(low.toFixed(0), LABEL - 4, top + height - 2); g.textAlign = "left";
}
function paint() {
  const width = wide = line.clientWidth - LABEL - 4;
  if (width < 50) return;
  const g = canvas2d(line, line.clientWidth, LANES.height);
  g.save(); g.beginPath(); g.rect(0, 0, LABEL + width, LANES.height); g.clip();
  for (const lane of LANES) ({ wave, events, findings: marks, curve })[lane.kind](g, lane, width);
  g.clearRect(0, 0, LABEL - 0.5, RULER);
  g.font = "11px sans-serif"; g.lineWidth = 1;
  const steps = [500, 1000, 2000, 5000, 10000, 15000, 30000, 60000, 120000, 300000, 600000];
  const step = steps.find((s) => s / (view[1] - view[0]) * width > 62) || 600000;
  for (let t = Math.ceil(view[0] / step) * step; t <= view[1]; t += step) {
    const x = X(t);
    g.strokeStyle = "#e3e8ed"; g.beginPath(); g.moveTo(x, RULER - 4); g.lineTo(x, LANES.height - 6); g.globalAlpha = 0.7; g.stroke(); g.globalAlpha = 1;
    g.fillStyle = ink("soft"); g.fillText(step < 1000 ? (t / 1000).toFixed(1) + " s" : clock(t), x + 3, 12);
  }
  g.restore();
  for (const lane of LANES) {
    g.clearRect(0, lane.top, LABEL - 24 * (lane.kind === "curve"), lane.height);
    g.fillStyle = lane.kind === "wave" && lane.what.speakers.length === 1 ? roleColor(lane.what.speakers[0]) : ink("soft");
    g.font = (lane.kind === "wave" ? "bold " : "") + "12px sans-serif";
    const name = lane.kind === "wave" ? lane.what.speakers.map(WHO).join("/") : lane.kind === "curve" ? lane.what[0].label : T("lane_" + lane.kind);
    g.fillText(name, 0, lane.top + (lane.kind === "curve" ? 14 : lane.height / 2 + 4), LABEL - (lane.kind === "curve" ? 22 : 4));
    if (lane.kind === "curve") { g.font = "10px sans-serif"; g.fillText(lane.what[0].unit, 0, lane.top + 28, LABEL - 22); }
  }
  overview();
  place();
}
function overview() {
  const el = $("overview"), width = el.clientWidth, g = canvas2d(el, width, 30), O = (ms) => LABEL + ms / END * (width - LABEL - 4);
  for (const turn of DATA.turns) {
    const second = roleColor(turn.s) === COLOR[1];
    g.fillStyle = roleColor(turn.s) + "aa"; g.fillRect(O(turn.a), second ? 16 : 4, Math.max(1, O(turn.b) - O(turn.a)), 10);
  }
  for (const f of visible()) for (const e of own(f)) {
    if (nowhere(e)) continue;
    g.fillStyle = ink(f.verdict === "not_applicable" ? "na" : f.verdict); g.fillRect(O(e.a), 0, 2, 30);
  }
  g.strokeStyle = "#111"; g.lineWidth = 1.5; g.strokeRect(O(view[0]) + 0.75, 0.75, O(view[1]) - O(view[0]) - 1.5, 28.5);
  g.fillStyle = "#ffffff99"; g.fillRect(LABEL, 0, O(view[0]) - LABEL, 30); g.fillRect(O(view[1]), 0, width - O(view[1]), 30);
}
function place() {
  const x = X(position);
  $("cursor").classList.toggle("hidden", position < view[0] - 1 || position > view[1] + 1);
  $("cursor").style.setProperty("left", x + "px");
}
function under(ms, y) {
  const lane = LANES.find((l) => y >= l.top && y <= l.top + l.height), near = (s) => ms >= s.a - slack && ms <= s.b + slack;
  const slack = (view[1] - view[0]) / px() * 6, out = [clock(ms)];
  if (!lane) return out;
  if (lane.kind === "wave") for (const t of DATA.turns) if (lane.what.speakers.includes(t.s) && ms >= t.a && ms <= t.b) out.push(t.text);
  if (lane.kind === "events") {
    for (const o of DATA.overlaps) if (near(o)) out.push(overlapText(o));
    for (const p of [...DATA.pauses, ...DATA.announcements]) if (p.kind !== "response" && near(p)) out.push(L("pause", p.kind) + " " + ((p.b - p.a) / 1000).toFixed(1) + " s");
    for (const e of DATA.hangup.evidence) if (near(e)) out.push(L("evidence", e.name) + ": " + e.detail);
  }
  if (lane.kind === "findings") for (const f of visible()) if (own(f).some(near)) out.push(`${ICON[f.verdict]} ${f.rule} ${f.name}`);
  if (lane.kind === "curve") for (const s of lane.what) {
    let best = -1;
    s.t.forEach((t, i) => { if (s.v[i] !== null && (best < 0 || Math.abs(t - ms) < Math.abs(s.t[best] - ms))) best = i; });
    if (best >= 0 && Math.abs(s.t[best] - ms) < 3000) out.push(`${WHO(s.speaker)} ${s.v[best].toFixed(1)} ${s.unit}`);
  }
  return out;
}
function overlapText(o) {
  return `${L("overlap", o.kind)} ${((o.b - o.a) / 1000).toFixed(1)} s · ${WHO(o.by)} → ${WHO(o.over)} ${L("outcome", o.outcome)}${o.text ? " “" + o.text + "”" : ""}`;
}
(function pointer() {
  let down = null;
  line.addEventListener("pointerdown", (e) => { down = { x: e.offsetX, view: [...view], moved: false }; line.setPointerCapture(e.pointerId); });
  line.addEventListener("pointermove", (e) => {
    if (down && (down.moved || Math.abs(e.offsetX - down.x) > 4)) {
      down.moved = true;
      const by = (down.x - e.offsetX) / px() * (down.view[1] - down.view[0]);
      setView(down.view[0] + by, down.view[1] + by);
    }
    const tip = $("tip"), said = e.offsetX < LABEL ? [] : under(MS(e.offsetX), e.offsetY);
    tip.classList.toggle("hidden", !said.length || !!(down && down.moved));
    tip.textContent = said.slice(0, 6).join("\n");
    tip.style.setProperty("left", Math.min(e.offsetX + 14, Math.max(0, line.clientWidth - 370)) + "px");
    tip.style.setProperty("top", e.offsetY + 16 + "px");
  });
  line.addEventListener("pointerleave", () => $("tip").classList.add("hidden"));
  line.addEventListener("pointerup", (e) => {
    if (down && !down.moved && e.offsetX >= LABEL) { stopAt = null; seek(MS(e.offsetX)); }
    down = null;
  });
  line.addEventListener("wheel", (e) => { if (e.ctrlKey) { e.preventDefault(); zoom(e.deltaY > 0 ? 1.25 : 0.8, MS(e.offsetX)); } }, { passive: false });
  $("overview").addEventListener("pointerdown", (e) => {
    const go = (v) => moveView((v.offsetX - LABEL) / ($("overview").clientWidth - LABEL - 4) * END - (view[1] - view[0]) / 2);
    go(e);
    const up = () => { $("overview").removeEventListener("pointermove", go); window.removeEventListener("pointerup", up); };
    $("overview").addEventListener("pointermove", go); window.addEventListener("pointerup", up);
  });
})();

// ---- the transcript follows
let nowTurn = null, nowWord = null;
const starts = DATA.turns.map((t) => t.a);
function tick() {
  $("clock").textContent = clock(position) + " / " + clock(END);
  document.body.dataset.position = Math.round(position);
  place();
  let low = 0, high = starts.length;
  while (low < high) { const mid = (low + high) >> 1; if (starts[mid] <= position) low = mid + 1; else high = mid; }
  let at = low - 1;
  if (at > 0 && DATA.turns[at].b < position && DATA.turns[at - 1].b >= position) at -= 1;
  const turn = at >= 0 ? DATA.turns[at].el : null;
  if (turn !== nowTurn) {
    if (nowTurn) nowTurn.classList.remove("now");
    if (turn) {
      turn.classList.add("now");
      const box = $("turns");
      if (follow) box.scrollTop = turn.offsetTop - box.offsetTop - box.clientHeight / 3;
    }
    nowTurn = turn;
  }
  let word = null;
  if (at >= 0) for (const el of DATA.turns[at].words) if (el.span[0] <= position && position < el.span[1] + 120) word = el;
  if (word !== nowWord) {
    if (nowWord) nowWord.classList.remove("now");
    if (word) word.classList.add("now");
    nowWord = word;
  }
}
function transcript() {
  const box = document.createDocumentFragment(), played = DATA.announcements.slice();
  const machine = (before) => {
    while (played.length && played[0].a < before) {
      const it = played.shift();
      box.append(h("div", { class: "turn machine" }, h("button", { class: "at", "data-seek": it.a, title: T("hear") }, clock(it.a)),
        h("div", {}, h("span", { class: "who" }, L("pause", "announcement")), h("p", {}, it.text))));
    }
  };
  for (const turn of DATA.turns) {
    machine(turn.a);
    turn.words = [];
    const p = h("p");
    for (const [text, a, b, probability] of turn.runs) {
      if (a < 0) { p.append(text); continue; }
      const word = h("span", { class: probability < DATA.doubtful_below ? "w low" : "w" }, text);
      if (probability < DATA.doubtful_below) word.title = T("doubtful") + " " + Math.round(probability * 100) + " %";
      word.span = [a, b];
      turn.words.push(word);
      p.append(word);
    }
    const second = roleColor(turn.s) === COLOR[1];
    turn.el = h("div", { class: `turn ${second ? "s1" : "s0"}${turn.doubts.length ? " flagged" : ""}` },
      h("button", { class: "at", "data-seek": turn.a, title: T("hear") }, clock(turn.a)),
      h("div", {}, h("span", { class: "who" }, WHO(turn.s)),
        turn.marks.map(([i]) => { const f = DATA.findings[i]; return h("button", { class: `mark v-${f.verdict}`, "data-finding": i, title: f.name }, `${ICON[f.verdict]} ${f.rule}`); }),
        p, turn.doubts.map(([code, why]) => h("div", { class: "doubt" }, `≈ ${L("doubt", code)}: ${why}`))));
    box.append(turn.el);
  }
  machine(Infinity);
  $("turns").append(box);
  if (!DATA.turns.length) $("turns").append(h("p", { class: "soft" }, T("no_words")));
  $("turns").addEventListener("click", (e) => {
    const at = e.target.closest("[data-seek]"), finding = e.target.closest("[data-finding]");
    if (finding) return select(DATA.findings[+finding.dataset.finding], true);
    if (e.target.span || at) { stopAt = null; seek(e.target.span ? e.target.span[0] : +at.dataset.seek, true); }
  });
}

// ---- findings
function timeButton(e) {
  const same = clock(e.a) === clock(e.b);
  return h("button", { class: "time", title: T("hear"), "data-a": e.a, "data-b": e.b, on: { click: () => hear([e.a, e.b]) } }, "▶ " + clock(e.a) + (same ? "" : "–" + clock(e.b)));
}
function clausesOf(f) { // many are folded: what is only worded like something forbidden may break any of seventeen
  const texts = [...f.clauses.map((c) => h("span", {}, c.text ? `${c.id} ${c.text} ` : c.id + " ")),
    f.clauses.every((c) => c.text) ? null : T("clause_elsewhere") + DATA.judged_by];
  if (f.clauses.length <= 4) return h("p", { class: "clause" }, T("clause") + " ", texts);
  return h("details", { class: "clause" }, h("summary", {}, T("clause") + " " + f.clauses.map((c) => c.id).join(" ")), h("p", {}, texts));
}
function findings() {
  const filters = $("filters");
  for (const verdict of ["fail", "unsure", "pass", "not_applicable"]) {
    // As in the score: rules that count. Those that never do are named behind them.
    const unscored = DATA.findings.filter((f) => f.verdict === verdict && !f.scored).length;
    const count = DATA.score.counts[verdict] + (unscored ? ` (+${unscored} ${T("not_scored")})` : "");
    const box = h("input", { type: "checkbox", "data-verdict": verdict, on: { change: () => { box.checked ? shown.add(verdict) : shown.delete(verdict); filter(); } } });
    box.checked = shown.has(verdict);
    filters.append(h("label", { class: `v-${verdict}` }, box, `${ICON[verdict]} ${L("verdict", verdict)} ${count}`));
  }
  const groups = new Map();
  for (const s of DATA.score.sections) groups.set(s.id, { name: s.name, score: s.score, all: [] });
  for (const f of DATA.findings) { if (!groups.has(f.section)) groups.set(f.section, { name: f.section, score: null, all: [] }); groups.get(f.section).all.push(f); }
  const order = ["fail", "unsure", "pass", "not_applicable"];
  for (const group of groups.values()) {
    if (!group.all.length) continue;
    group.all.sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
    group.el = h("div", { class: "group" }, h("h3", {}, group.name, h("span", { class: "soft num" }, group.score === null ? "" : group.score.toFixed(1))));
    for (const f of group.all) {
      f.el = h("article", { class: `finding v-${f.verdict}`, tabindex: 0, "data-rule": f.rule, "data-i": f.i },
        h("div", { class: "top" }, h("span", { class: `icon v-${f.verdict}`, title: L("verdict", f.verdict) }, ICON[f.verdict]),
          h("span", { class: "name" }, `${f.rule} ${f.name}`), h("span", { class: `badge v-${f.verdict}` }, L("verdict", f.verdict)),
          h("span", { class: "soft small" }, L("severity", f.severity)), f.deduction ? h("span", { class: "minus num" }, "−" + f.deduction) : null,
          f.counted_in ? h("span", { class: "soft small" }, `${T("counted_in")} ${f.counted_in}`) : null,
          f.fatal && f.verdict === "fail" ? h("span", { class: "badge v-fail" }, T("fatal")) : null,
          f.scored ? null : h("span", { class: "badge soft" }, T("not_scored")),
          f.verdict === "not_applicable" ? null : h("span", { class: "soft small num" }, T("confidence") + " " + Math.round(f.confidence * 100) + " %")),
        f.reason ? h("p", {}, f.reason) : null,
        f.evidence.length ? h("ul", {}, f.evidence.slice(0, 12).map((e) => h("li", {}, timeButton(e), h("span", {},
          e.role ? h("b", {}, e.role + " ") : null, e.sought ? [T("sought"), h("q", {}, e.sought), T("heard")] : null, e.quote ? h("q", {}, e.quote) : null, " ", h("span", { class: "soft small" }, e.what + (e.value === "" ? "" : " · " + e.value) + (e.score === null ? "" : ` · ${T("similar")} ${e.score.toFixed(2)}`)))))) : null,
        f.evidence.length > 12 ? h("p", { class: "soft small" }, T("more") + " " + (f.evidence.length - 12)) : null,
        f.proxy_for ? h("p", { class: "soft small" }, T("proxy") + " " + f.proxy_for) : null,
        f.advice && f.verdict !== "pass" && f.verdict !== "not_applicable" ? h("p", { class: "advice" }, h("b", {}, T("advice") + " "), f.advice) : null,
        clausesOf(f));
      f.el.addEventListener("focus", () => select(f));
      group.el.append(f.el);
    }
    $("groups").append(group.el);
    group.shows = () => group.el.classList.toggle("hidden", !group.all.some((f) => shown.has(f.verdict)));
  }
  const none = h("p", { class: "soft hidden" }, T("nothing"));
  $("groups").append(none);
  filter = () => {
    for (const f of DATA.findings) f.el.classList.toggle("hidden", !shown.has(f.verdict));
    for (const group of groups.values()) if (group.shows) group.shows();
    none.classList.toggle("hidden", visible().length > 0);
    draw();
  };
}
let filter = () => {};
function select(f, scroll) {
  if (selected && selected.el) selected.el.classList.remove("sel");
  selected = f;
  if (!shown.has(f.verdict)) { shown.add(f.verdict); document.querySelector(`[data-verdict="${f.verdict}"]`).checked = true; filter(); }
  f.el.classList.add("sel");
  if (scroll) f.el.scrollIntoView({ block: "center", behavior: "smooth" });
  draw();
}
function step(by) {
  const all = [...document.querySelectorAll(".finding:not(.hidden)")];
  if (!all.length) return;
  const at = selected ? all.indexOf(selected.el) : -1, next = all[(at + by + all.length) % all.length];
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "center" });
}

// ---- the rest of the page
function because(section) {
  const failed = DATA.findings.filter((f) => f.section === section.id && f.verdict === "fail" && f.scored);
  const lines = failed.map((f) => `${f.rule} ${f.name}${f.deduction ? " −" + f.deduction : f.counted_in ? ` (${T("counted_in")} ${f.counted_in})` : ""}`);
  if (section.capped) lines.push(T("capped"));
  return lines.join(T("semicolon")) || "–";
}
function head() {
  $("name").textContent = C.name;
  for (const [name, value] of C.facts) $("facts").append(h("li", {}, name + " ", h("b", {}, value)));
  for (const [grave, text] of DATA.notices) $("notices").append(h("p", { class: grave ? "notice bad" : "notice" }, text));
  const s = DATA.score, share = s.total === null ? 0 : s.total / 100, colors = { high: ink("pass"), mid: "#c98a00", low: ink("fail"), "": ink("na") };
  const ring = svg("svg", { viewBox: "0 0 104 104", role: "img", "aria-label": `${T("score")} ${s.total ?? "–"}` },
    svg("circle", { cx: 52, cy: 52, r: 44, fill: "none", stroke: "#e6eaef", "stroke-width": 10 }),
    svg("circle", { cx: 52, cy: 52, r: 44, fill: "none", stroke: colors[band(s.total)], "stroke-width": 10, "stroke-linecap": "round", "stroke-dasharray": `${(276.46 * share).toFixed(1)} 277`, transform: "rotate(-90 52 52)" }));
  const text = svg("text", { x: 52, y: 60, "text-anchor": "middle", "font-size": 26, "font-weight": 700, fill: "currentColor" });
  text.textContent = s.total === null ? "–" : s.total.toFixed(1);
  ring.append(text);
  $("dial").append(ring, h("div", { class: "counts" }, ["fail", "unsure", "pass", "not_applicable"].map((v) => h("div", { class: `v-${v}` }, `${ICON[v]} ${L("verdict", v)} `, h("b", {}, s.counts[v]))),
    s.fatal.length ? h("div", { class: "badge v-fail" }, `${T("fatal")} ${s.fatal.join(" ")}`) : null));
  $("sections").append(h("div", { class: "sections" }, s.sections.map((x) => h("div", { class: "sec" }, h("span", {}, x.name),
    h("b", { class: "num" }, x.score === null ? L("word", "not_scored") : x.score.toFixed(1)),
    x.score === null ? h("span", { class: "soft small why" }, x.why) : h("div", { class: `bar ${band(x.score)}` }, h("i", { style: { width: x.score + "%" } }))))));
  $("sections").append(h("details", { class: "how" }, h("summary", {}, T("how")), s.reason ? h("p", {}, s.reason) : null,
    h("div", { class: "wide" }, h("table", {}, h("tr", {}, [T("section"), T("weight"), T("score"), T("deducted"), T("because")].map((x, i) => h("th", { class: i && i < 4 ? "num" : "" }, x))),
      s.sections.map((x) => h("tr", {}, h("td", {}, x.name), h("td", { class: "num" }, x.weight), h("td", { class: "num" }, x.score === null ? "–" : x.score.toFixed(1)), h("td", { class: "num" }, x.deducted ? "−" + x.deducted : "0"),
        h("td", {}, because(x)))))),
    h("p", { class: "soft small" }, T("how_note"))));
}
function player() {
  const button = (id, text, act, title) => h("button", { id, title, on: { click: act } }, text), box = $("player");
  box.append(h("button", { id: "play", class: "primary", disabled: !sounds, on: { click: toggle } }), h("span", { class: "clock", id: "clock" }),
    button("back", "−5 s", () => seek(position - 5000), "←"), button("on", "+5 s", () => seek(position + 5000), "→"));
  const speed = h("select", { id: "speed", "aria-label": T("speed"), disabled: !sounds }, ["0.75", "1", "1.25", "1.5", "2"].map((x) => h("option", { value: x }, x + "×")));
  speed.value = "1";
  speed.addEventListener("change", () => { audio.playbackRate = +speed.value; });
  box.append(speed);
  if (DATA.audio.kind === "embedded" && DATA.peaks.length === 2) {
    const ears = h("select", { id: "ears", "aria-label": T("legs") }, h("option", { value: "" }, T("both")), DATA.peaks.map((leg, i) => h("option", { value: i }, T("only") + leg.speakers.map(WHO).join("/"))));
    ears.addEventListener("change", () => solo(ears.value === "" ? null : +ears.value));
    box.append(ears);
  }
  const following = h("input", { type: "checkbox", id: "follow", on: { change: () => { follow = following.checked; } } });
  following.checked = true;
  box.append(h("label", { class: "small" }, following, " " + T("follow")), h("span", { class: "spring soft small", id: "say", role: "status" }, sounds ? "" : T("no_audio")),
    button("prev", "↑ " + T("previous"), () => step(-1), "K"), button("next", "↓ " + T("next"), () => step(1), "J"),
    button("in", "+", () => zoom(0.5), T("zoom_in")), button("out", "−", () => zoom(2), T("zoom_out")), button("all", T("whole"), () => setView(0, END), "0"), button("keys", "?", () => $("help").showModal(), T("keys")));
  const keys = [["Space", T("play")], ["← →", "5 s"], ["Shift ← →", "1 s"], ["J / K", T("next") + " / " + T("previous")], ["Enter", T("hear")], ["+ − 0", T("zoom_in") + " / " + T("zoom_out") + " / " + T("whole")], ["F", T("follow")], ["?", T("keys")]];
  $("help").append(h("h2", {}, T("keys")), h("table", {}, keys.map(([k, t]) => h("tr", {}, h("td", {}, h("kbd", {}, k)), h("td", {}, t)))), h("p", { class: "right" }, h("button", { on: { click: () => $("help").close() } }, T("close"))));
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || $("help").open || /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName)) return;
    const on = e.target.tagName === "BUTTON" || e.target.tagName === "SUMMARY";
    const acts = { " ": () => toggle(), ArrowLeft: () => seek(position - (e.shiftKey ? 1000 : 5000)), ArrowRight: () => seek(position + (e.shiftKey ? 1000 : 5000)), j: () => step(1), k: () => step(-1), "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), 0: () => setView(0, END), f: () => { follow = !follow; $("follow").checked = follow; }, "?": () => $("help").showModal(),
      Enter: () => { if (selected && selected.evidence.length && e.target === selected.el) { const s = selected.evidence[0]; hear([s.a, s.b]); } } };
    const act = acts[e.key.length === 1 ? e.key.toLowerCase() : e.key];
    if (!act || (on && (e.key === " " || e.key === "Enter"))) return;
    if (e.key !== "Enter") e.preventDefault();
    act();
  });
  const legend = (paint, text) => { const c = h("canvas", {}); $("legend").append(h("span", {}, c, text)); const g = canvas2d(c, 26, 14); paint(g); };
  for (const [kind, [color, shape]] of Object.entries(OVERLAP)) legend((g) => { g.fillStyle = color + "3a"; g.fillRect(0, 0, 26, 14); mark(g, shape, 13, 7, color); }, L("overlap", kind));
  for (const kind of ["dead_air", "hold", ...(DATA.pauses.some((p) => p.kind === "queue") ? ["queue"] : []), ...(DATA.announcements.length ? ["announcement"] : [])]) legend((g) => { g.fillStyle = hatch(g, PAUSE[kind][0], PAUSE[kind][1]); g.fillRect(0, 0, 26, 14); }, L("pause", kind));
  legend((g) => mark(g, "■", 13, 7, "#111"), T("hangup_evidence"));
  DATA.speakers.slice(0, 2).forEach((s, i) => legend((g) => { g.strokeStyle = COLOR[i]; g.lineWidth = 2; g.setLineDash(i ? [4, 2] : []); g.beginPath(); g.moveTo(0, 7); g.lineTo(26, 7); g.stroke(); }, s.name));
}
function tables() {
  const fill = (m, list) => m.append(h("tr", {}, [T("measure"), T("party"), T("value"), T("remark")].map((x, i) => h("th", { class: i === 2 ? "num" : "" }, x))), ...list.map((x) => h("tr", { title: x.components }, h("td", {}, x.label), h("td", {}, x.who), h("td", { class: "num" }, x.value ?? "–"),
    h("td", { class: "small soft" }, [x.reason, x.doubt && T("weak") + " " + x.doubt, x.proxy_for && T("proxy") + " " + x.proxy_for].filter(Boolean).join(T("semicolon")), x.evidence.slice(0, 3).map((s) => [" ", timeButton({ a: s[0], b: s[1] })]).flat()))));
  const key = DATA.measures.filter((x) => x.key !== null).sort((x, y) => x.key - y.key), rest = $("all-measures");
  fill($("measures"), key);
  rest.firstElementChild.textContent = `${T("all_measures")} (${DATA.measures.length})`;
  fill(rest.querySelector("table"), DATA.measures);
  const hang = DATA.hangup;
  $("hangup").append(h("p", {}, h("b", {}, L("party", hang.party)), ` · ${L("method", hang.method)}` + (hang.method === "none" ? "" : ` · ${T("confidence")} ${Math.round(hang.confidence * 100)} %`) + (hang.after && ` · ${hang.after}`)), hang.reason ? h("p", { class: "soft" }, hang.reason) : "", hang.doubt ? h("p", { class: "notice bad" }, hang.doubt) : "",
    h("div", { class: "wide" }, h("table", {}, hang.evidence.map((e) => h("tr", {}, h("td", {}, timeButton(e)), h("td", {}, L("evidence", e.name)), h("td", {}, L("party", e.points_to)), h("td", { class: "small soft" }, e.detail))))));
  const all = [...DATA.overlaps.map((o) => [o, (OVERLAP[o.kind] || ["", "■"])[1], overlapText(o)]),
    ...DATA.pauses.filter((p) => PAUSE[p.kind]).map((p) => [p, "▨", `${L("pause", p.kind)} ${((p.b - p.a) / 1000).toFixed(1)} s${p.music ? " ♪" : ""}`]),
    ...DATA.announcements.map((p) => [p, "▨", `${L("pause", p.kind)} ${((p.b - p.a) / 1000).toFixed(1)} s: ${p.text}`]),
    ...DATA.observations.flatMap((o) => o.evidence.slice(0, 2).map((e) => [e, "☞", `${o.label} (${T("observation")})`]))].sort((x, y) => x[0].a - y[0].a);
  for (const [e, icon, text] of all) $("events").append(h("tr", {}, h("td", {}, timeButton(e)), h("td", {}, icon + " " + text)));
  if (!all.length) $("events").replaceWith(h("p", { class: "soft", id: "events" }, T("none")));
  for (const [name, value] of DATA.provenance) $("made").append(h("tr", {}, h("th", {}, name), h("td", {}, value)));
}
head(); player(); state(); transcript(); findings(); tables(); filter(); tick();
line.setAttribute("aria-label", T("timeline"));
new ResizeObserver(draw).observe(line);
window.addEventListener("beforeprint", () => { setView(0, END); paint(); for (const d of document.querySelectorAll("details")) d.open = true; });
painted();
