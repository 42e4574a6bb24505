// An axis through a cloud: a line through the mean that the reader turns, and what it captures and loses.
// Question: at which angle is most captured, at which is most lost, and does every cloud have such a best angle?
//
// Model keys (type, shape, unit; who writes):
//   name    string                  how the address names this figure; Python
//   clouds  list of {name, points}  Python; points is a list of n pairs [x₁, x₂], not necessarily centred
//   cloud   integer                 which cloud is shown; the reader, Python
//   angle   number, 0 to 180        direction of the axis in degrees, from x₁ counter-clockwise; the reader, Python
import { drawAxes, fitCanvas, format, linearScale, ticks, widthIn } from "./core/canvas.mjs";
import { button, choice, h, movable, readout, slider } from "./core/controls.mjs";
import { begin, inkOf } from "./core/life.mjs";

const RADIAN = Math.PI / 180;

/** An angle of an axis, from 0 to 180: half a turn further it is the same axis. */
export function wrapAngle(degrees) {
  return degrees >= 0 && degrees <= 180 ? degrees : ((degrees % 180) + 180) % 180;
}

/** The average point. */
export function meanPoint(points) {
  return [0, 1].map((i) => points.reduce((sum, point) => sum + point[i], 0) / points.length);
}

/** The three entries s₁₁, s₁₂, s₂₂ of the covariance, with divisor n. */
export function covarianceOf(points) {
  const [m1, m2] = meanPoint(points);
  const average = (product) => points.reduce((sum, [x1, x2]) => sum + product(x1 - m1, x2 - m2), 0) / points.length;
  return [average((a) => a * a), average((a, b) => a * b), average((_, b) => b * b)];
}

/** The variance wᵀSw along the axis. */
export function capturedAlong(/** @type {number[]} */ [s11, s12, s22], degrees) {
  const [c, s] = [Math.cos(degrees * RADIAN), Math.sin(degrees * RADIAN)];
  return c * c * s11 + 2 * c * s * s12 + s * s * s22;
}

/** Codes and feet of the points on the axis, and the mean squares: captured (codes), lost (residuals), total. */
export function project(points, degrees) {
  const [m1, m2] = meanPoint(points);
  const [c, s] = [Math.cos(degrees * RADIAN), Math.sin(degrees * RADIAN)];
  const codes = points.map(([x1, x2]) => c * (x1 - m1) + s * (x2 - m2));
  const feet = codes.map((z) => [m1 + z * c, m2 + z * s]);
  const average = (values) => values.reduce((a, b) => a + b, 0) / values.length;
  return {
    codes,
    feet,
    captured: average(codes.map((z) => z * z)),
    lost: average(points.map(([x1, x2], i) => (x1 - feet[i][0]) ** 2 + (x2 - feet[i][1]) ** 2)),
    total: average(points.map(([x1, x2]) => (x1 - m1) ** 2 + (x2 - m2) ** 2)),
  };
}

/** The first principal axis: its angle (null if every direction captures the same), and the two eigenvalues. */
export function principalAxis(/** @type {number[]} */ [s11, s12, s22]) {
  const middle = (s11 + s22) / 2;
  const radius = Math.hypot((s11 - s22) / 2, s12);
  const tie = radius <= 1e-6 * middle;
  return { angle: tie ? null : wrapAngle(Math.atan2(2 * s12, s11 - s22) / 2 / RADIAN), most: middle + radius, least: middle - radius };
}

/** By how many degrees two axes differ, 0 to 90. */
export function between(a, b) {
  const apart = Math.abs(a - b) % 180;
  return Math.min(apart, 180 - apart);
}

/** What the figure says in words. */
export function sayAxis(points, angle) {
  const { captured, lost, total } = project(points, angle);
  const { angle: best, most, least } = principalAxis(covarianceOf(points));
  const sum = `At ${format(angle, 0)}° the line captures ${format(captured)} and loses ${format(lost)}; together ${format(total)}, as at any angle.`;
  if (best === null) return `${sum} Every direction captures the same: no axis comes first.`;
  const off = between(angle, best);
  if (off < 0.75) return `${sum} This is the first principal axis: no line captures more.`;
  if (off > 89.25) return `${sum} This is the second principal axis, perpendicular to the first: no line captures less.`;
  return `${sum} The most that a line can capture is ${format(most)}, the least ${format(least)}.`;
}

// ---- View ----

const MARGIN = { left: 46, right: 10, top: 8, bottom: 40 };
const CURVE_TOP = 74;

function cloudGeometry(width, points) {
  const side = width - MARGIN.left - MARGIN.right;
  const area = { left: MARGIN.left, top: MARGIN.top, width: side, height: side };
  const mean = meanPoint(points);
  const reach = 1.35 * Math.max(...points.map(([a, b]) => Math.hypot(a - mean[0], b - mean[1])));
  const ranges = mean.map((m) => [m - reach, m + reach]);
  const x = linearScale(ranges[0], [area.left, area.left + side]);
  const y = linearScale(ranges[1], [area.top + side, area.top]);
  return { area, x, y, mean, reach, ranges, height: side + MARGIN.top + MARGIN.bottom };
}

function curveGeometry(width, height, total) {
  const area = { left: MARGIN.left, top: CURVE_TOP, width: width - MARGIN.left - MARGIN.right, height: height - CURVE_TOP - MARGIN.bottom };
  const x = linearScale([0, 180], [area.left, area.left + area.width]);
  const y = linearScale([0, 1.08 * total], [area.top + area.height, area.top]);
  return { area, x, y };
}

function line(context, from, to, style) {
  Object.assign(context, { lineWidth: 1.5, ...style });
  context.setLineDash(style.dash ?? []);
  context.beginPath();
  context.moveTo(...from);
  context.lineTo(...to);
  context.stroke();
  context.setLineDash([]);
}

function drawCloud(canvas, width, points, angle, ink) {
  const { area, x, y, mean, reach, ranges, height } = cloudGeometry(width, points);
  const context = fitCanvas(canvas, width, height);
  const pixel = (/** @type {number[]} */ [a, b]) => [x.toPixel(a), y.toPixel(b)];
  drawAxes(context, area, x, y, { xTicks: ticks(ranges[0]), yTicks: ticks(ranges[1]), xLabel: "x₁", yLabel: "x₂", ink });
  context.save();
  context.beginPath();
  context.rect(area.left, area.top, area.width, area.height);
  context.clip();
  const direction = [Math.cos(angle * RADIAN), Math.sin(angle * RADIAN)];
  const along = (length) => pixel(mean.map((m, i) => m + length * direction[i]));
  line(context, along(-2 * reach), along(2 * reach), { strokeStyle: ink.z, lineWidth: 2.5 });
  const { feet } = project(points, angle);
  const small = points.length > 40;
  points.forEach((point, i) => line(context, pixel(point), pixel(feet[i]), { strokeStyle: ink.loss, dash: [4, 3], lineWidth: small ? 1 : 2 }));
  const size = small ? 2.5 : 4.5;
  for (const foot of feet) {
    const [px, py] = pixel(foot);
    Object.assign(context, { fillStyle: ink.x_hat, strokeStyle: ink.page, lineWidth: 1.5 });
    context.fillRect(px - size, py - size, 2 * size, 2 * size);
    context.strokeRect(px - size, py - size, 2 * size, 2 * size);
  }
  for (const point of points) {
    Object.assign(context, { fillStyle: ink.x, strokeStyle: ink.page, lineWidth: 1.5 });
    context.beginPath();
    context.arc(...pixel(point), size + 1.5, 0, 7);
    context.fill();
    context.stroke();
  }
  drawHandle(context, along(0.91 * reach), ink);
  context.restore();
}

function drawHandle(context, /** @type {number[]} */ [px, py], ink) {
  Object.assign(context, { fillStyle: ink.page, strokeStyle: ink.z, lineWidth: 2.5, font: "italic bold 13px Georgia, serif" });
  context.beginPath();
  context.arc(px, py, 11, 0, 7);
  context.fill();
  context.stroke();
  Object.assign(context, { fillStyle: ink.z, textAlign: "center", textBaseline: "middle" });
  context.fillText("w", px, py);
}

function drawCurves(canvas, width, height, points, angle, ink) {
  const { captured, lost, total } = project(points, angle);
  const covariance = covarianceOf(points);
  const { area, x, y } = curveGeometry(width, height, total);
  const context = fitCanvas(canvas, width, height);
  drawBar(context, area, captured, lost, ink);
  drawAxes(context, area, x, y, {
    xTicks: [0, 45, 90, 135, 180], yTicks: ticks([0, 1.08 * total]), xLabel: "angle of w (degrees)", yLabel: "variance", ink,
  });
  line(context, [x.toPixel(angle), area.top], [x.toPixel(angle), area.top + area.height], { strokeStyle: ink.muted, lineWidth: 1 });
  const curve = (value, style) => {
    Object.assign(context, { lineWidth: 2.5, lineJoin: "round", ...style });
    context.setLineDash(style.dash ?? []);
    context.beginPath();
    for (let degrees = 0; degrees <= 180; degrees += 2) context.lineTo(x.toPixel(degrees), y.toPixel(value(capturedAlong(covariance, degrees))));
    context.stroke();
    context.setLineDash([]);
  };
  curve((value) => total - value, { strokeStyle: ink.loss, dash: [6, 4] });
  curve((value) => value, { strokeStyle: ink.z });
  Object.assign(context, { fillStyle: ink.loss, strokeStyle: ink.page, lineWidth: 2 });
  const at = x.toPixel(angle);
  for (const paint of ["fillRect", "strokeRect"]) context[paint](at - 5, y.toPixel(lost) - 5, 10, 10);
  context.fillStyle = ink.z;
  context.beginPath();
  context.arc(at, y.toPixel(captured), 6.5, 0, 7);
  context.fill();
  context.stroke();
}

// One bar of constant length: what is captured, and, striped, what is lost.
function drawBar(context, { left, width }, captured, lost, ink) {
  const [top, tall, cut] = [26, 24, (width * captured) / (captured + lost)];
  context.fillStyle = ink.z;
  context.fillRect(left, top, cut, tall);
  context.save();
  context.beginPath();
  context.rect(left + cut, top, width - cut, tall);
  context.clip();
  for (let at = left - tall; at < left + width; at += 7) line(context, [at, top + tall], [at + tall, top], { strokeStyle: ink.loss, lineWidth: 2.5 });
  context.restore();
  Object.assign(context, { strokeStyle: ink.line, lineWidth: 1 });
  context.strokeRect(left + 0.5, top + 0.5, width - 1, tall - 1);
  Object.assign(context, { font: "bold 13px system-ui, sans-serif", textBaseline: "middle", textAlign: "left", fillStyle: ink.z });
  context.fillText(`captured ${format(captured)}`, left, 13);
  Object.assign(context, { textAlign: "right", fillStyle: ink.loss });
  context.fillText(`lost ${format(lost)}`, left + width, 13);
}

// ---- Controller ----

function render({ model, el, signal }) {
  const life = begin({ model, el, signal }, draw);
  const cloud = () => model.get("clouds")[Math.min(model.get("clouds").length - 1, Math.max(0, Math.round(model.get("cloud"))))];
  const angle = () => wrapAngle(model.get("angle"));
  const turn = (degrees) => life.update({ angle: Number(wrapAngle(degrees).toFixed(1)) });

  const plane = h("canvas");
  const curves = h("canvas");
  const said = readout(life.signal);
  const width = (canvas) => widthIn(canvas, 230, 350);
  const onStep = (dx, dy) => turn(angle() + dx + dy);

  movable(plane, {
    label: "The cloud and a line through its mean. Arrow keys turn the line by one degree, with shift by ten.",
    signal: life.signal,
    onPoint: (px, py) => {
      const { x, y, mean } = cloudGeometry(width(plane), cloud().points);
      turn(Math.atan2(y.toData(py) - mean[1], x.toData(px) - mean[0]) / RADIAN);
    },
    onStep,
  });
  movable(curves, {
    label: "Captured and lost variance for every angle. Arrow keys turn the line by one degree, with shift by ten.",
    signal: life.signal,
    onPoint: (px) => turn(Math.min(180, Math.max(0, curveGeometry(width(curves), 300, 1).x.toData(px)))),
    onStep,
  });
  const clouds = choice({
    legend: "Points",
    options: model.get("clouds").map(({ name }, i) => [String(i), name]),
    value: "0",
    signal: life.signal,
    onChange: (key) => life.update({ cloud: Number(key) }),
  });
  const angles = slider({
    label: "Angle of w", min: 0, max: 180, step: 1, value: angle(), say: (degrees) => `${format(degrees, 0)}°`,
    signal: life.signal, onInput: turn,
  });
  const best = button("Turn to the best angle", () => turn(principalAxis(covarianceOf(cloud().points)).angle), life.signal);

  el.append(
    ...(model.get("clouds").length > 1 ? [clouds.el] : []),
    h("div", { className: "cw-row" }, angles.el, best),
    h("div", { className: "cw-row pax-row" }, h("div", { className: "pax-half" }, plane), h("div", { className: "pax-half" }, curves)),
    said.el,
  );

  function draw() {
    const ink = inkOf(el);
    const { points } = cloud();
    drawCloud(plane, width(plane), points, angle(), ink);
    drawCurves(curves, width(curves), cloudGeometry(width(curves), points).height, points, angle(), ink);
    clouds.set(String(model.get("clouds").indexOf(cloud())));
    angles.set(angle());
    best.disabled = principalAxis(covarianceOf(points)).angle === null;
    said.say(sayAxis(points, angle()));
  }
  return life.end;
}

export default { render };
