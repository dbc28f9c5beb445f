const DASHES = ['solid', [7, 4], [2, 3], [9, 3, 2, 3]];
// Times are marked whose false discovery rate is below this, by bars so many pixels apart.
const RATE = 0.05;
const MARK = 7;
const ms = time => number(time, 0) + ' ms';

/** Cuts a width into equal panels, at most so many side by side. */
function tiles(width, count, most, gap) {
  const across = Math.max(1, Math.min(most, count, Math.floor(width / 270)));
  const size = Math.floor((width - gap * (across - 1)) / across);
  return {size, rows: Math.ceil(count / across), at: i => ({left: (i % across) * (size + gap), row: Math.floor(i / across)})};
}

const onset = colours => ({silent: true, symbol: 'none', label: {show: false},
  lineStyle: {color: colours.soft, type: [2, 3], width: 1}, data: [{xAxis: 0}]});

/** A band between low and high, a polygon for each stretch without gaps. */
function band(i, times, low, high, colour) {
  const known = t => low[t] != null && high[t] != null;
  return {type: 'custom', xAxisIndex: i, yAxisIndex: i, silent: true, clip: true, tooltip: {show: false}, z: 1,
    encode: {x: 0, y: [1, 2]}, data: times.map((time, t) => [time, low[t], high[t]]),
    renderItem: (params, api) => {
      const start = params.dataIndexInside;
      if (!known(start) || (start > 0 && known(start - 1))) return null;
      const above = [];
      const below = [];
      for (let t = start; t < times.length && known(t); t++) {
        above.push(api.coord([times[t], high[t]]));
        below.unshift(api.coord([times[t], low[t]]));
      }
      return {type: 'polygon', shape: {points: [...above, ...below]}, style: {fill: colour, opacity: 0.18}};
    }};
}

/** A bar for each stretch of times at which a series is above chance, so many rows above the bottom. */
function marks(i, times, q, row, name, colour) {
  const above = t => q[t] != null && q[t] < RATE;
  const half = times.length > 1 ? (times.at(-1) - times[0]) / (times.length - 1) / 2 : 0;
  return {type: 'custom', name, xAxisIndex: i, yAxisIndex: i, silent: true, tooltip: {show: false}, z: 2, itemStyle: {color: colour},
    encode: {x: 0, y: 1}, data: times.map(time => [time, 0]),
    renderItem: (params, api) => {
      const start = params.dataIndexInside;
      if (!above(start) || (start > 0 && above(start - 1))) return null;
      let end = start;
      while (end + 1 < times.length && above(end + 1)) end++;
      const {x, y, width, height} = params.coordSys;
      const left = Math.max(x, api.coord([times[start] - half, 0])[0]);
      const right = Math.min(x + width, api.coord([times[end] + half, 0])[0]);
      return {type: 'rect', shape: {x: left, y: y + height - MARK * (row + 1), width: Math.max(1, right - left), height: MARK - 3, r: 1}, style: {fill: colour}};
    }};
}

/** The y range that holds all series of all panels, on rounded ends. */
function bounds(list) {
  const [low, high] = range(list.flatMap(p => p.series.flatMap(s => [...s.values, ...s.low, ...s.high])).filter(v => v != null));
  const step = [0.02, 0.05, 0.1].find(s => high - low < 5 * s) ?? 0.2;
  return {interval: step, min: +(Math.floor(low / step) * step).toFixed(2), max: +(Math.ceil(high / step) * step).toFixed(2)};
}

function courses(id, name, table, list, most, panelHeight) {
  const limits = bounds(list);
  const tested = list.some(p => p.series.some(s => s.q.length));
  const rows = Math.max(...list.map(p => p.series.filter(s => s.q.length).length));
  // Room for the bars, in whole steps, so that the marks of the axis stay round.
  if (tested) limits.min = +(limits.min - limits.interval * Math.ceil((limits.max - limits.min) / limits.interval * (MARK * rows + 4) / (panelHeight - MARK * rows - 4))).toFixed(2);
  const names = [...new Set(list.flatMap(p => p.series.map(s => s.name)))];
  const isCeiling = n => list.some(p => p.series.some(s => s.name === n && s.ceiling));
  const models = names.filter(n => !isCeiling(n));
  if (tested) element(section(id), 'p', null, `Bars under the curves mark times at which a correlation is above chance: false discovery rate below ${RATE} over the times of a panel (Benjamini and Hochberg).`);
  figure(section(id), name, table, (width, colours) => {
    const cut = tiles(width, list.length, most, 20);
    const step = panelHeight + 78;
    const colourOf = s => s.ceiling ? colours.ceiling : colours.palette[models.indexOf(s.name) % colours.palette.length];
    const series = list.flatMap((panel, i) => panel.series.flatMap((s, k) => {
      const line = {type: 'line', name: s.name, xAxisIndex: i, yAxisIndex: i, symbol: 'none', z: 3,
        data: panel.times.map((time, t) => [time, s.values[t]]), itemStyle: {color: colourOf(s)},
        lineStyle: {color: colourOf(s), width: s.ceiling ? 1.5 : 2, type: s.ceiling ? [4, 3] : DASHES[models.indexOf(s.name) % DASHES.length]},
        ...(k === 0 ? {markLine: onset(colours)} : {})};
      const row = panel.series.filter(o => o.q.length).indexOf(s);
      return [...(s.low.length ? [band(i, panel.times, s.low, s.high, colourOf(s))] : []),
        line, ...(s.q.length ? [marks(i, panel.times, s.q, rows - 1 - row, s.name, colourOf(s))] : [])];
    }));
    const top = 34;
    return {...base(colours), height: top + step * cut.rows,
      legend: {left: 0, top: 0, data: names, itemWidth: 26, textStyle: {color: colours.ink}},
      title: list.map((p, i) => title(p.name, '', cut.at(i).left + 50, top + cut.at(i).row * step, colours)),
      grid: list.map((p, i) => ({left: cut.at(i).left + 58, top: top + cut.at(i).row * step + 30, width: cut.size - 70, height: panelHeight})),
      xAxis: list.map((p, i) => axis('ms from image onset', colours, {gridIndex: i, nameGap: 24, min: p.times[0], max: p.times.at(-1),
        splitLine: {show: false}, axisLine: {show: true, onZero: false, lineStyle: {color: colours.line}},
        axisLabel: {color: colours.soft, hideOverlap: true, showMinLabel: false}})),
      yAxis: list.map((p, i) => axis('Spearman ρ', colours, {gridIndex: i, nameGap: 38, ...limits, axisLine: {show: true, onZero: false, lineStyle: {color: colours.line}},
        axisLabel: {color: colours.soft, hideOverlap: true}})),
      series,
      tooltip: {...base(colours).tooltip, trigger: 'axis', formatter: points => [`<b>${ms(points[0].axisValue)}</b>`,
        ...points.filter(p => p.seriesType === 'line').map(p => {
          const q = list[p.axisIndex].series.find(s => s.name === p.seriesName).q[p.dataIndex];
          return `${p.marker}${escape(p.seriesName)}: ${number(p.value[1])}${q == null ? '' : `, q ${number(q)}`}`;
        })].join('<br>')},
    };
  });
}

function drawAlignment() {
  if (!data.alignment.length) return;
  courses('alignment', 'courses', 'courses', data.alignment, 2, data.alignment.length > 1 ? 220 : 300);
  if (!data.alignment.some(p => p.series.some(s => s.area != null))) return;
  const table = element(element(section('alignment'), 'div', 'scroll'), 'table');
  element(table, 'caption', null, 'Area under the curve from 0 ms, in rho × ms');
  const head = element(element(table, 'thead'), 'tr');
  element(head, 'th', null, '');
  for (const panel of data.alignment) element(head, 'th', null, panel.name).scope = 'col';
  const body = element(table, 'tbody');
  for (const name of new Set(data.alignment.flatMap(p => p.series.map(s => s.name)))) {
    const row = element(body, 'tr');
    element(row, 'th', null, name).scope = 'row';
    for (const panel of data.alignment) element(row, 'td', null, number(panel.series.find(s => s.name === name)?.area, 1));
  }
  tableLink(element(section('alignment'), 'p', 'links'), 'areas');
}

function drawBehavior() {
  if (!data.behavior) return;
  const {times, values} = data.behavior;
  const best = values.reduce((b, v, t) => v != null && (b < 0 || v > values[b]) ? t : b, -1);
  figure(section('behavior'), 'behavior', 'behavior', (width, colours) => ({...base(colours), height: 300,
    title: title(best < 0 ? '' : `highest ${number(values[best])} at ${ms(times[best])}`, '', 50, 0, colours),
    grid: {left: 58, right: 12, top: 34, bottom: 48},
    xAxis: cellAxis('ms from image onset', times, colours, {nameGap: 26}),
    yAxis: axis('Spearman ρ', colours, {scale: false, nameGap: 38}),
    series: {type: 'bar', barWidth: Math.max(1, 0.8 * (width - 60) / times.length), data: times.map((time, t) => [time, values[t]]),
      itemStyle: {color: p => p.dataIndex === best ? colours.ceiling : colours.after}, markLine: onset(colours)},
    tooltip: {...base(colours).tooltip, trigger: 'axis', formatter: ([p]) => `<b>${ms(p.value[0])}</b><br>Spearman ${number(p.value[1])}`},
  }));
}

function drawWeights() {
  if (!data.weights) return;
  const {times, layers} = data.weights;
  const cells = floats(data.weights.cells);
  const [, high] = range(cells);
  const at = (layer, t) => cells[t * layers + layer];
  const image = paint(layers, times.length, (y, x) => at(layers - 1 - y, x) / (high || 1));
  const order = Array.from({length: layers}, (v, i) => i + 1);
  figure(section('weights'), 'weights', 'weights', (width, colours) => {
    const tall = Math.max(160, Math.min(360, 15 * layers));
    return {...base(colours), height: tall + 84,
      grid: {left: 48, right: 12, top: 10, height: tall},
      xAxis: cellAxis('ms from image onset', times, colours, {nameGap: 24}),
      yAxis: cellAxis('layer', order, colours, {nameGap: 28, minInterval: 1}),
      visualMap: scale(0, high, 'center', tall + 62, colours, 'weight', 3), series: [picture(0, image)],
      probe: (chart, x, y) => {
        const hit = gridAt(chart, 1, x, y);
        if (!hit) return null;
        const t = cell(times, hit[1]);
        const layer = cell(order, hit[2]);
        return `${ms(times[t])}, layer ${layer + 1}: ${number(at(layer, t))}`;
      }};
  });
}

function drawGeneralization() {
  if (!data.generalization) return;
  const {times, modelMean, megMean} = data.generalization;
  const n = times.length;
  const sides = [['Model', floats(data.generalization.model), modelMean], ['MEG', floats(data.generalization.meg), megMean]].map(([name, cells, mean]) => {
    const [low, high] = range(cells.filter((v, p) => p % (n + 1) !== 0));
    return {name, cells, mean, low, high, image: paint(n, n, (y, x) => (cells[(n - 1 - y) * n + x] - low) / (high - low || 1))};
  });
  figure(section('generalization'), 'generalization', ['generalization', 'generalization-mean'], (width, colours) => {
    const cut = tiles(width, 2, 2, 24);
    const side = Math.min(420, cut.size - 56);
    const step = side + 108;
    const below = step * cut.rows;
    const curves = {left: 58, top: below + 40, width: width - 70, height: 200};
    return {...base(colours), height: below + 300,
      title: [...sides.map((s, i) => title(s.name, '', cut.at(i).left + 40, cut.at(i).row * step, colours)), title('Mean over all times', '', 50, below + 6, colours)],
      legend: {right: 12, top: below + 8, data: sides.map(s => s.name), itemWidth: 26, textStyle: {color: colours.ink}},
      grid: [...sides.map((s, i) => ({left: cut.at(i).left + 52, top: cut.at(i).row * step + 28, width: side, height: side})), curves],
      xAxis: [...sides.map((s, i) => cellAxis('ms', times, colours, {gridIndex: i, nameGap: 22})), cellAxis('ms from image onset', times, colours, {gridIndex: 2, nameGap: 24})],
      yAxis: [...sides.map((s, i) => cellAxis('ms', times, colours, {gridIndex: i, nameGap: 36})), axis('mean Pearson r', colours, {gridIndex: 2, nameGap: 40, axisLine: {show: true, onZero: false, lineStyle: {color: colours.line}}})],
      visualMap: sides.map((s, i) => scale(s.low, s.high, cut.at(i).left + 52 + Math.max(0, side / 2 - 90), cut.at(i).row * step + side + 76, colours, 'Pearson r')),
      series: [...sides.map((s, i) => picture(i, s.image)), ...sides.map((s, i) => ({type: 'line', name: s.name, xAxisIndex: 2, yAxisIndex: 2, symbol: 'none',
        data: times.map((time, t) => [time, s.mean[t]]), itemStyle: {color: i ? colours.ceiling : colours.after},
        lineStyle: {color: i ? colours.ceiling : colours.after, width: 2, type: DASHES[i]}, ...(i ? {} : {markLine: onset(colours)})}))],
      probe: (chart, x, y) => {
        const hit = gridAt(chart, 3, x, y);
        if (!hit) return null;
        const a = cell(times, hit[1]);
        if (hit[0] === 2) return `${ms(times[a])}: ` + sides.map(s => `${s.name} ${number(s.mean[a])}`).join(', ');
        const b = cell(times, hit[2]);
        return `${ms(times[a])} with ${ms(times[b])}: ` + sides.map(s => `${s.name} ${number(s.cells[b * n + a])}`).join(', ');
      }};
  });
}
