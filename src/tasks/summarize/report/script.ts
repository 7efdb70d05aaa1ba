/**
 * What moves in the report: a cursor on the timeline under mouse, finger or arrow keys with a preview of that moment, and
 * clicks that play a moment in the skim. The page says everything without it.
 */
export const reportScript = `
const data = JSON.parse(document.getElementById("data").textContent);
const timeline = document.querySelector(".timeline");
const cursor = timeline.querySelector(".cursor");
const preview = timeline.querySelector(".preview");
const strip = [...timeline.querySelectorAll(".strip img")];
const moments = [...document.querySelectorAll(".gallery button")];
const skim = document.querySelector("video");
const clock = (s) => {
  const tenths = Math.round(s * 10);
  const hours = Math.floor(tenths / 36000), minutes = Math.floor(tenths / 600) % 60;
  const seconds = ((tenths % 600) / 10).toFixed(1).padStart(4, "0");
  return hours ? hours + ":" + String(minutes).padStart(2, "0") + ":" + seconds : minutes + ":" + seconds;
};
const lastAt = (times, t) => {
  let low = 0, high = times.length;
  while (low < high) { const mid = (low + high) >> 1; if (times[mid] <= t) low = mid + 1; else high = mid; }
  return Math.max(0, low - 1);
};
let now = 0;

function show(t) {
  now = Math.min(Math.max(t, 0), data.duration);
  const shot = lastAt(data.starts, now), [from, to, selected] = data.shots[shot];
  const score = data.scores[lastAt(data.times, now)];
  const picture = strip[lastAt(data.strip, now)];
  const share = now / data.duration;
  cursor.hidden = preview.hidden = false;
  cursor.style.left = 100 * share + "%";
  const room = timeline.clientWidth - preview.offsetWidth;
  preview.style.left = Math.min(Math.max(0, share * timeline.clientWidth - preview.offsetWidth / 2), room) + "px";
  if (picture) preview.querySelector("img").src = picture.src;
  preview.querySelector("b").textContent = clock(now);
  const words = "Shot " + (shot + 1) + " of " + data.shots.length + (selected ? ", in the skim" : "");
  preview.querySelector("span").textContent = words + " · importance " + score.toFixed(2);
  timeline.setAttribute("aria-valuenow", now.toFixed(1));
  timeline.setAttribute("aria-valuetext", clock(now) + ", " + words + ", importance " + score.toFixed(2));
  moments.forEach((m) => m.classList.toggle("near", +m.dataset.time >= from && +m.dataset.time < to));
}

function hide() {
  cursor.hidden = preview.hidden = true;
  moments.forEach((m) => m.classList.remove("near"));
}

function play(t) {
  if (!skim || skim.error) return;
  const shot = data.shots[lastAt(data.starts, t)];
  if (!shot[2]) return;
  skim.currentTime = shot[3] + Math.max(0, t - shot[0]);
  skim.play().catch(() => {});
  skim.scrollIntoView({ block: "nearest", behavior: "smooth" });
}

const timeOf = (event) => {
  const box = timeline.getBoundingClientRect();
  return ((event.clientX - box.left) / box.width) * data.duration;
};
timeline.addEventListener("pointermove", (event) => show(timeOf(event)));
timeline.addEventListener("pointerdown", (event) => show(timeOf(event)));
timeline.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") hide(); });
timeline.addEventListener("click", (event) => play(timeOf(event)));
timeline.addEventListener("focus", () => { if (timeline.matches(":focus-visible")) show(now); });
timeline.addEventListener("blur", hide);
document.addEventListener("pointerdown", (event) => { if (!event.target.closest(".timeline, .gallery")) hide(); });
timeline.addEventListener("keydown", (event) => {
  const shot = lastAt(data.starts, now), step = data.duration / 100;
  const to = {
    ArrowLeft: now - step, ArrowRight: now + step, Home: 0, End: data.duration,
    PageUp: data.starts[Math.max(0, shot - 1)], PageDown: data.starts[Math.min(data.starts.length - 1, shot + 1)],
  }[event.key];
  if (to !== undefined) show(to);
  else if (event.key === "Enter" || event.key === " ") play(now);
  else return;
  event.preventDefault();
});
for (const m of moments) {
  m.addEventListener("click", () => {
    if (m.classList.contains("in")) return play(+m.dataset.time);
    timeline.scrollIntoView({ block: "center", behavior: "smooth" });
    show(+m.dataset.time);
  });
}
`;
