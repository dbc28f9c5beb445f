'use strict';
// What the figures of all reports share; the page puts this before its own script.
const data = JSON.parse(document.getElementById('data').textContent);
const dark = matchMedia('(prefers-color-scheme: dark)');
const LIGHT = {ink: '#1b1f24', soft: '#5b6470', line: '#d9dee4', ground: '#ffffff',
  before: '#8b95a1', after: '#0072b2', ceiling: '#c2570c',
  palette: ['#0072b2', '#00805f', '#a8467f', '#6b7480']};
const DARK = {ink: '#e8eaed', soft: '#a3acb8', line: '#353c45', ground: '#1d2126',
  before: '#8b95a1', after: '#56b4e9', ceiling: '#f0a05a',
  palette: ['#56b4e9', '#2fc79a', '#e29ac4', '#a3acb8']};
// Single quotes inside: a saved SVG holds this in a double-quoted attribute.
const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";

const number = (value, digits = 3) => value == null || Number.isNaN(value) ? '–' : value.toFixed(digits).replace('-', '−');
const readable = name => name.replaceAll('_', ' ');
const pValue = p => p == null ? '' : p < 1e-4 ? 'p < 0.0001' : 'p = ' + p.toFixed(4);

function element(parent, tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text != null) node.textContent = text;
  parent.appendChild(node);
  return node;
}

function section(id) {
  const node = document.getElementById(id);
  node.hidden = false;
  return node;
}

/**
 * A figure drawn by option(width, colours) => {height, ...}, redrawn with the width and theme; probe(chart, x, y) in it
 * tells what lies at a place. table names what holds the data, or lists them. Returns a function that draws it anew after a change of what it shows.
 */
function figure(parent, name, table, option) {
  const node = element(parent, 'figure');
  const place = element(node, 'div', 'chart');
  const caption = element(node, 'figcaption');
  const readout = element(caption, 'span', 'readout');
  const chart = {node: null, width: 0, probe: null};
  place.setAttribute('role', 'img');
  place.setAttribute('aria-label', `${parent.querySelector('h2').textContent}. The same data as a table: ${[table].flat().map(t => `${data.name}-${t}.csv`).join(', ')}`);
  function draw() {
    const width = place.clientWidth;
    if (!width) return;
    const {height, probe, ...rest} = option(width, dark.matches ? DARK : LIGHT);
    place.style.height = height + 'px';
    if (chart.node) chart.node.dispose();
    chart.node = echarts.init(place, null, {renderer: 'svg', width, height});
    chart.node.setOption(rest);
    chart.width = width;
    chart.probe = probe;
    if (probe) chart.node.getZr().on('mousemove', e => { readout.textContent = chart.probe(chart.node, e.offsetX, e.offsetY) ?? ''; });
  }
  new ResizeObserver(() => { if (place.clientWidth !== chart.width) draw(); }).observe(place);
  dark.addEventListener('change', draw);
  draw();
  const save = element(caption, 'button', null, 'save as SVG');
  save.type = 'button';
  save.addEventListener('click', () => {
    const {height, probe, ...rest} = option(1000, LIGHT);
    const copy = echarts.init(null, null, {renderer: 'svg', ssr: true, width: 1000, height});
    copy.setOption({...rest, backgroundColor: '#ffffff'});
    const svg = copy.renderToSVGString().replaceAll('<image ', '<image style="image-rendering:pixelated" ');
    download(data.name + '-' + name + '.svg', svg);
    copy.dispose();
  });
  for (const one of [table].flat()) tableLink(caption, one, Array.isArray(table) ? one : '');
  return () => {
    if (!chart.node) return;
    const {height, probe, ...rest} = option(chart.width, dark.matches ? DARK : LIGHT);
    chart.probe = probe;
    chart.node.setOption(rest, true);
  };
}

function tableLink(caption, table, which = '') {
  const link = element(caption, 'a', null, which ? `${readable(which).replaceAll('-', ' ')} as CSV` : 'data as CSV');
  link.href = data.name + '-' + table + '.csv';
  link.download = '';
}

function download(name, text) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], {type: 'image/svg+xml'}));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

const base = colours => ({
  animation: false,
  textStyle: {fontFamily: FONT, color: colours.soft},
  tooltip: {confine: true, backgroundColor: colours.ground, borderColor: colours.line,
    textStyle: {color: colours.ink, fontSize: 13}},
});
const title = (text, subtext, left, top, colours) => ({text, subtext, left, top, itemGap: 7,
  textStyle: {color: colours.ink, fontSize: 14, fontWeight: 600, fontFamily: FONT},
  subtextStyle: {color: colours.soft, fontSize: 12, fontFamily: FONT}});
const axis = (name, colours, more) => ({type: 'value', scale: true, name, nameLocation: 'middle',
  nameTextStyle: {color: colours.soft}, axisLine: {show: true, lineStyle: {color: colours.line}},
  axisTick: {show: false}, splitLine: {lineStyle: {color: colours.line, opacity: 0.6}},
  axisLabel: {color: colours.soft, hideOverlap: true}, ...more});

/** Cuts a width into panels: side by side where each gets 280 pixels, else one above the other. */
function panels(width, count, gap) {
  const across = width >= count * 280 ? count : 1;
  const size = Math.floor((width - gap * (across - 1)) / across);
  return {across, size, at: i => ({left: (i % across) * (size + gap), row: Math.floor(i / across)})};
}

const escape = text => text.replace(/[&<>"]/g, c => ({'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;'})[c]);

function drawFacts() {
  if (!data.facts.length) return;
  const list = section('facts').querySelector('dl');
  for (const fact of data.facts) {
    element(list, 'dt', null, fact.name);
    element(list, 'dd', null, fact.value);
  }
}
