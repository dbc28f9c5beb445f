// Matrices, painted a pixel a cell and set into axes that stay sharp.
const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
const floats = text => new Float32Array(bytes(text).buffer);
const STOPS = data.viridis.map(hex => [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16)));
const MISSING = [128, 128, 128];

function viridis(share) {
  if (Number.isNaN(share)) return MISSING;
  const place = Math.max(0, Math.min(1, share)) * (STOPS.length - 1);
  const low = Math.min(Math.floor(place), STOPS.length - 2);
  return STOPS[low].map((from, i) => from + (place - low) * (STOPS[low + 1][i] - from));
}

/** A picture of share(row, column) on 0..1, NaN grey; row 0 is at the top. */
function paint(rows, columns, share) {
  const canvas = document.createElement('canvas');
  canvas.width = columns;
  canvas.height = rows;
  const pen = canvas.getContext('2d');
  const image = pen.createImageData(columns, rows);
  for (let y = 0, p = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++, p += 4) {
      image.data.set(viridis(share(y, x)), p);
      image.data[p + 3] = 255;
    }
  }
  pen.putImageData(image, 0, 0);
  return {uri: canvas.toDataURL(), rows, columns};
}

/** Least and largest of what is defined. */
function range(values) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 1];
}

/** A painted matrix fills grid i. */
const picture = (i, {uri, rows, columns}) => ({type: 'custom', xAxisIndex: i, yAxisIndex: i, silent: true, data: [[0, 0]],
  renderItem: ({coordSys}) => ({type: 'image', x: coordSys.x, y: coordSys.y,
    // Stretched by its transform: an SVG image by itself keeps its proportions.
    scaleX: coordSys.width / columns, scaleY: coordSys.height / rows,
    style: {image: uri, x: 0, y: 0, width: columns, height: rows}})});

/** The scale of colours below a matrix. */
const scale = (low, high, left, top, colours, unit, digits = 2) => ({type: 'continuous', min: low, max: high > low ? high : low + 1, seriesIndex: [],
  calculable: false, orient: 'horizontal', left, top, itemWidth: 8, itemHeight: 110, padding: 0,
  text: [`${number(high, digits)} ${unit}`, number(low, digits)], textStyle: {color: colours.soft, fontSize: 11}, inRange: {color: data.viridis}});

/** An axis of evenly spaced cells, from half a cell before the first to half a cell after the last. */
function cellAxis(name, places, colours, more) {
  const half = places.length > 1 ? (places.at(-1) - places[0]) / (places.length - 1) / 2 : 0.5;
  const plain = axis(name, colours, more);
  return {...plain, scale: false, min: places[0] - half, max: places.at(-1) + half, splitLine: {show: false},
    axisLine: {...plain.axisLine, onZero: false}, axisLabel: {...plain.axisLabel, showMinLabel: false, showMaxLabel: false}};
}

/** The cell nearest to a place on such an axis. */
function cell(places, value) {
  const step = places.length > 1 ? (places.at(-1) - places[0]) / (places.length - 1) : 1;
  return Math.max(0, Math.min(places.length - 1, Math.round((value - places[0]) / step)));
}

/** Which of the first count grids holds a pixel, and the values there. */
function gridAt(chart, count, x, y) {
  for (let i = 0; i < count; i++) {
    if (chart.containPixel({gridIndex: i}, [x, y])) return [i, ...chart.convertFromPixel({gridIndex: i}, [x, y])];
  }
  return null;
}

