// Draws the charts of the health page: asks for the numbers every two seconds, and shows the last five minutes.
// Without this script the page has the same numbers as tables.
"use strict";

(() => {
  const section = document.querySelector("[data-numbers]");
  if (!section) return;

  const PERIOD = 2000;
  const POINTS = 150;
  const HEIGHT = 152;
  const LEFT = 44;
  const BOTTOM = 18;
  const SVG = "http://www.w3.org/2000/svg";
  const state = section.querySelector("[data-state]");
  let before = null;
  let failures = 0;
  let ended = false;

  /** What is drawn: for each chart, its lines with how each is read from two answers. */
  const rate = (read) => (now, last, seconds) => (last ? Math.max(0, read(now) - read(last)) / seconds : null);
  const level = (read) => (now) => read(now);
  const sum = (counts, names) => names.reduce((total, name) => total + (counts[name] || 0), 0);
  const charts = {
    logins: [
      ["succeeded", rate((n) => n.logins.ok)],
      ["wrong", rate((n) => sum(n.logins, ["wrong_password", "unknown_login"]))],
      ["refused unread", rate((n) => sum(n.logins, ["throttled", "busy", "unavailable"]))],
    ],
    checks: [
      ["accepted", rate((n) => n.checks.accepted)],
      ["refused", rate((n) => n.checks.refused)],
    ],
    queue: [
      ["waiting", level((n) => n.queue.waiting)],
      ["being hashed", level((n) => n.queue.running)],
    ],
    feed: [["seconds", level((n) => n.feed_age)]],
    refusals: [
      ["credentials", rate((n) => sum(n.refusals, ["wrong_credentials", "unknown_user"]))],
      ["throttled", rate((n) => sum(n.refusals, ["throttled"]))],
      ["busy", rate((n) => sum(n.refusals, ["busy", "unavailable", "internal"]))],
      ["malformed", rate((n) => sum(n.refusals, ["malformed", "field", "unsupported_media_type", "too_large", "timeout"]))],
      ["not signed in", rate((n) => sum(n.refusals, ["not_authenticated", "forbidden"]))],
    ],
  };

  const make = (name, attributes) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };

  /** A round number above the highest one, so that the axis rests. */
  const ceiling = (highest) => {
    if (!(highest > 0)) return 1;
    const size = 10 ** Math.floor(Math.log10(highest));
    return [1, 2, 5, 10].map((step) => step * size).find((top) => top >= highest);
  };

  const short = (value) => (value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(2))));

  class Chart {
    constructor(figure) {
      this.figure = figure;
      this.lines = charts[figure.dataset.chart].map(([name, read]) => ({ name, read, points: [] }));
      this.svg = make("svg", { role: "img" });
      this.output = figure.querySelector("output");
      figure.append(this.svg, this.legend());
      figure.hidden = false;
    }

    legend() {
      const legend = document.createElement("p");
      legend.className = "legend";
      this.lines.forEach((line, index) => {
        const entry = document.createElement("span");
        entry.className = `s${index}`;
        entry.textContent = line.name;
        legend.append(entry);
      });
      return legend;
    }

    add(now, last, seconds) {
      for (const line of this.lines) {
        line.points.push(line.read(now, last, seconds));
        if (line.points.length > POINTS) line.points.shift();
      }
      this.draw();
    }

    draw() {
      const width = this.svg.clientWidth || 600;
      this.svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
      const known = this.lines.flatMap((line) => line.points).filter((point) => point !== null);
      const top = ceiling(Math.max(0, ...known));
      const y = (value) => HEIGHT - BOTTOM - (value / top) * (HEIGHT - BOTTOM - 8);
      const parts = [0, top / 2, top].flatMap((value) => {
        const label = make("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" });
        label.textContent = short(value);
        return [make("line", { class: "grid", x1: LEFT, x2: width, y1: y(value), y2: y(value) }), label];
      });
      [["5 min ago", LEFT, "start"], ["now", width, "end"]].forEach(([text, x, anchor]) => {
        const label = make("text", { x, y: HEIGHT - 3, "text-anchor": anchor });
        label.textContent = text;
        parts.push(label);
      });
      this.lines.forEach((line, index) => {
        const from = POINTS - line.points.length;
        const at = (place) => LEFT + ((from + place) / (POINTS - 1)) * (width - LEFT);
        const points = line.points.map((point, place) => (point === null ? "" : `${at(place).toFixed(1)},${y(point).toFixed(1)}`));
        parts.push(make("polyline", { class: `s${index}`, points: points.filter(Boolean).join(" ") }));
      });
      this.svg.replaceChildren(...parts);
      const latest = this.lines.map((line) => [line.name, line.points.at(-1)]).filter(([, point]) => point !== null);
      const words = latest.map(([name, point]) => `${name} ${short(point)}`).join(", ");
      this.svg.setAttribute("aria-label", `${this.figure.dataset.title}: ${words || "no numbers yet"}`);
      this.output.textContent = latest.length ? short(latest[0][1]) : "";
    }
  }

  const shown = [...section.querySelectorAll("[data-chart]")].map((figure) => new Chart(figure));
  section.hidden = false;

  const say = (text) => {
    if (state.textContent !== text) state.textContent = text;
  };

  const ask = async () => {
    const answer = await fetch(section.dataset.numbers, { redirect: "manual", headers: { Accept: "application/json" } });
    if (answer.type === "opaqueredirect" || answer.status === 403) {
      ended = true;
      throw new Error("The session has ended. Load the page again to sign in.");
    }
    if (!answer.ok) throw new Error("The server does not answer with numbers at this moment.");
    return answer.json();
  };

  const tick = async () => {
    if (document.hidden || ended) return;
    try {
      const now = await ask();
      // A server that was started anew counts from zero.
      const last = before && now.uptime > before.uptime ? before : null;
      const seconds = last ? now.uptime - last.uptime : 1;
      shown.forEach((chart) => chart.add(now, last, seconds));
      before = now;
      failures = 0;
      say("Live: new numbers every two seconds.");
    } catch (error) {
      failures += 1;
      if (ended || failures > 1) say(ended ? error.message : "The server does not answer. Trying again.");
    }
  };

  const run = async () => {
    await tick();
    if (!ended) setTimeout(run, PERIOD);
  };
  run();
})();
