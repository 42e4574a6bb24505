// A sum as steps: bars one below another, each beginning where the one before it ended.

const ROW = 40; // a line of text, and a bar below it
const HEAD = 22; // the names of the marked values

/** How high the drawing of so many rows is, in CSS pixels. */
export function stepsHeight(rows) {
  return HEAD + ROW * rows + 26;
}

/**
 * Draw the steps. A bar that leaves the axis ends in a tip; one that goes down where `gives` says so is hollow.
 * @param {CanvasRenderingContext2D} context
 * @param {{label: string, value: string, from: number, to: number, color: string, hollow?: boolean, joins?: boolean}[]} rows
 *   `joins`: a thin line leads from its end to the row below
 * @param {{width: number, scale: any, domain: number[], axis: number[], marks?: {at: number, label: string, color: string}[], ink: Record<string, string>}} options
 *   scale from `linearScale`; `axis` are its ticks; `marks` are vertical lines through all rows
 */
export function drawSteps(context, rows, { width, scale, domain, axis, marks = [], ink }) {
  const bottom = HEAD + ROW * rows.length;
  const at = (value) => scale.toPixel(Math.min(domain[1], Math.max(domain[0], value)));
  Object.assign(context, { font: "12px system-ui, sans-serif", textAlign: "center", textBaseline: "top", lineWidth: 1 });
  for (const value of axis) {
    context.strokeStyle = ink.line;
    context.globalAlpha = value === 0 ? 1 : 0.35;
    stroke(context, [[at(value), HEAD], [at(value), bottom + 3]]);
    context.globalAlpha = 1;
    context.fillStyle = ink.muted;
    context.fillText(String(value).replace("-", "−"), at(value), bottom + 6);
  }
  rows.forEach((row, i) => drawRow(context, row, HEAD + ROW * i, { width, at, domain, ink }));
  for (const { at: value, label, color } of marks) {
    Object.assign(context, { strokeStyle: color, fillStyle: ink.text, lineWidth: 2, textBaseline: "middle" });
    context.setLineDash([6, 4]);
    stroke(context, [[at(value), HEAD - 4], [at(value), bottom]]);
    context.setLineDash([]);
    const half = context.measureText(label).width / 2;
    Object.assign(context, { textAlign: "center", font: "bold 13px system-ui, sans-serif" });
    context.fillText(label, Math.min(width - half - 8, Math.max(half + 8, at(value))), HEAD / 2 - 2);
  }
}

function drawRow(context, { label, value, from, to, color, hollow = false, joins = false }, top, { width, at, domain, ink }) {
  const [y, high] = [top + 20, 14];
  const [start, end] = [at(from), at(to)];
  Object.assign(context, { fillStyle: color, strokeStyle: color, lineWidth: 2 });
  context.beginPath();
  context.rect(Math.min(start, end), y, Math.max(1, Math.abs(end - start)), high);
  if (hollow) hatch(context, Math.min(start, end), y, Math.abs(end - start), high);
  else context.fill();
  const beyond = to > domain[1] ? 1 : to < domain[0] ? -1 : 0;
  if (beyond) {
    context.beginPath();
    context.moveTo(end, y - 3);
    context.lineTo(end + 7 * beyond, y + high / 2);
    context.lineTo(end, y + high + 3);
    context.fill();
  }
  if (joins) {
    Object.assign(context, { strokeStyle: ink.line, lineWidth: 1.5 });
    stroke(context, [[end, y + high], [end, y + ROW]]);
  }
  Object.assign(context, { fillStyle: ink.text, textBaseline: "middle", font: "13px system-ui, sans-serif" });
  halo(context, label, 2, top + 9, "left", ink);
  context.font = "bold 13px system-ui, sans-serif";
  halo(context, value, width - 2, top + 9, "right", ink);
}

function halo(context, text, x, y, textAlign, ink) {
  Object.assign(context, { textAlign, strokeStyle: ink.page, lineWidth: 5, lineJoin: "round" });
  context.strokeText(text, x, y);
  context.fillText(text, x, y);
}

function hatch(context, left, top, width, height) {
  context.save();
  context.stroke();
  context.clip();
  context.lineWidth = 1.5;
  for (let x = left - height; x < left + width; x += 6) stroke(context, [[x, top + height], [x + height, top]]);
  context.restore();
}

function stroke(context, points) {
  context.beginPath();
  points.forEach(([x, y]) => context.lineTo(x, y));
  context.stroke();
}
