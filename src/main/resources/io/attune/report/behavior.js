function drawScores() {
  if (!data.scores.length) return;
  const list = section('scores').querySelector('.scores');
  for (const score of data.scores) {
    const card = element(list, 'div', 'score');
    element(card, 'h3', null, score.name);
    element(card, 'p', null, score.explanation);
    const numbers = element(card, 'div', 'numbers');
    element(numbers, 'span', 'was', number(score.before) + ' →');
    element(numbers, 'span', 'now', number(score.after));
    const share = score.ceiling ? Math.round(100 * score.after / score.ceiling) + ' % of the ceiling ' + number(score.ceiling) : '';
    element(numbers, 'span', 'of', share);
    const track = element(card, 'div', 'track');
    const percent = value => Math.max(0, Math.min(1, value ?? 0)) * 100 + '%';
    element(track, 'span', 'after').style.width = percent(score.after);
    element(track, 'span', 'before').style.width = percent(Math.min(score.before, score.after));
    if (score.ceiling) element(track, 'span', 'ceiling').style.left = percent(score.ceiling);
  }
}

const MATRICES = [['before', 'Model before'], ['after', 'Model after'], ['human', 'People']];

function drawRdms() {
  const rdms = data.rdms;
  const parent = section('rdms');
  if (!rdms.names) {
    const node = element(parent, 'figure');
    const list = element(node, 'div', 'pictures');
    for (const [key, name] of MATRICES) {
      const item = element(list, 'div');
      element(item, 'h3', null, name);
      const image = element(item, 'img');
      image.src = rdms[key];
      image.alt = name + ': dissimilarity matrix';
    }
    tableLink(element(node, 'figcaption'), 'rdms');
    return;
  }
  const n = rdms.size;
  const cells = Object.fromEntries(MATRICES.map(([key]) => {
    const list = [];
    for (let i = 0, p = 0; i < n; i++) {
      list.push([i, i, 0, 0]);
      for (let j = i + 1; j < n; j++, p++) {
        list.push([j, i, rdms[key + 'Ranks'][p], rdms[key][p]], [i, j, rdms[key + 'Ranks'][p], rdms[key][p]]);
      }
    }
    return [key, list];
  }));
  figure(parent, 'rdms', 'rdms', (width, colours) => {
    const cut = panels(width, 3, 18);
    const side = cut.size;
    const step = side + 42;
    const names = rdms.names.map(readable);
    const category = {type: 'category', data: names, show: false};
    return {...base(colours), height: step * Math.ceil(3 / cut.across) + 34,
      title: MATRICES.map(([, name], i) => title(name, '', cut.at(i).left - 4, cut.at(i).row * step, colours)),
      grid: MATRICES.map((m, i) => ({left: cut.at(i).left, top: cut.at(i).row * step + 28, width: side, height: side})),
      xAxis: MATRICES.map((m, i) => ({...category, gridIndex: i})),
      yAxis: MATRICES.map((m, i) => ({...category, gridIndex: i, inverse: true})),
      visualMap: {type: 'continuous', min: 0, max: 1, dimension: 2, calculable: false, orient: 'horizontal',
        left: 'center', bottom: 0, itemWidth: 10, itemHeight: 140, text: ['different', 'alike'],
        textStyle: {color: colours.soft}, inRange: {color: data.viridis}},
      series: MATRICES.map(([key, name], i) => ({type: 'heatmap', name, xAxisIndex: i, yAxisIndex: i,
        data: cells[key], itemStyle: {borderWidth: 0}, emphasis: {itemStyle: {borderColor: colours.ink, borderWidth: 1}}})),
      tooltip: {...base(colours).tooltip, formatter: point => {
        const [x, y] = point.value;
        if (x === y) return names[x];
        const [i, j] = x < y ? [x, y] : [y, x];
        const p = i * n - i * (i + 1) / 2 + (j - i - 1);
        const rows = MATRICES.map(([k, label]) => `${label}: ${number(rdms[k][p])} (rank ${number(100 * rdms[k + 'Ranks'][p], 0)} %)`);
        return [`<b>${escape(names[y])} – ${escape(names[x])}</b>`, ...rows].join('<br>');
      }},
    };
  });
}

function drawScatter() {
  const s = data.scatter;
  if (!s.points.length) return;
  figure(section('scatter'), 'scatter', 'rdms', (width, colours) => {
    const cut = panels(width, 2, 24);
    const step = 360;
    const sides = [['before', 'Before', 3], ['after', 'After', 4]];
    return {...base(colours), height: step * Math.ceil(2 / cut.across),
      title: sides.map(([key, name], i) => title(name,
        `Spearman ${number(s[key + 'Spearman'])}, ${pValue(s[key + 'P'])}, ${s.pairs} pairs`,
        cut.at(i).left + 40, cut.at(i).row * step, colours)),
      grid: sides.map((m, i) => ({left: cut.at(i).left + 48, top: cut.at(i).row * step + 50, width: cut.size - 56, height: step - 104})),
      xAxis: sides.map((m, i) => axis('people', colours, {gridIndex: i, nameGap: 26})),
      yAxis: sides.map((m, i) => axis('model', colours, {gridIndex: i, nameGap: 34})),
      series: sides.map(([key, name, column], i) => ({type: 'scatter', name, xAxisIndex: i, yAxisIndex: i,
        symbolSize: 5, itemStyle: {color: colours[key], opacity: 0.5},
        data: s.points.map(p => [p[2], p[column], p[0], p[1]])})),
      tooltip: {...base(colours).tooltip, formatter: point =>
        `<b>${escape(readable(s.names[point.value[2]]))} – ${escape(readable(s.names[point.value[3]]))}</b><br>people ${number(point.value[0])}, model ${number(point.value[1])}`},
    };
  });
}

function drawCurves() {
  if (!data.epochs.length) return;
  const ceiling = data.scores.length ? data.scores[0].ceiling : null;
  const column = key => data.epochs.filter(e => e[key] != null).map(e => [e.epoch, e[key]]);
  figure(section('curves'), 'training', 'epochs', (width, colours) => {
    const cut = panels(width, 2, 24);
    const step = 320;
    const mark = (more = []) => ({silent: true, symbol: 'none', label: {color: colours.soft, formatter: m => m.name},
      data: [{name: 'best: epoch ' + data.bestEpoch, xAxis: data.bestEpoch, lineStyle: {color: colours.soft, type: [4, 4]},
        label: {position: 'insideEndTop', rotate: 0, align: data.bestEpoch > 0.6 * data.epochs.at(-1).epoch ? 'right' : 'left', padding: [0, 6]}}, ...more]});
    const line = (name, panel, colour, points, more) => ({type: 'line', name, xAxisIndex: panel, yAxisIndex: panel,
      data: points, showSymbol: points.length < 2, lineStyle: {color: colour, width: 2}, itemStyle: {color: colour}, ...more});
    const ceilingMark = ceiling ? [{name: 'ceiling ' + number(ceiling), yAxis: ceiling, lineStyle: {color: colours.ceiling, type: 'solid'},
      label: {position: 'insideStartBottom', color: colours.ceiling}}] : [];
    return {...base(colours), height: step * Math.ceil(2 / cut.across),
      title: ['Loss', 'Spearman with people'].map((name, i) => title(name, '', cut.at(i).left + 40, cut.at(i).row * step, colours)),
      legend: {left: cut.at(0).left + 100, top: 0, data: ['training', 'validation'], icon: 'roundRect', itemHeight: 3, itemWidth: 18, textStyle: {color: colours.soft}},
      grid: [0, 1].map(i => ({left: cut.at(i).left + 48, top: cut.at(i).row * step + 44, width: cut.size - 60, height: step - 98})),
      xAxis: [0, 1].map(i => axis('epoch', colours, {gridIndex: i, nameGap: 26, min: 0, minInterval: 1, splitLine: {show: false}})),
      yAxis: [axis('', colours, {gridIndex: 0}), axis('', colours, {gridIndex: 1, max: ceiling ? v => Math.max(v.max, Math.ceil(ceiling * 20) / 20) : null})],
      series: [
        line('training', 0, colours.before, column('train')),
        line('validation', 0, colours.after, column('validation'), {markLine: mark()}),
        line('Spearman', 1, colours.after, column('spearman'), {markLine: mark(ceilingMark)}),
      ],
      tooltip: {...base(colours).tooltip, trigger: 'axis', valueFormatter: v => number(v)},
    };
  });
}

function drawDimensions() {
  if (!data.dimensions.length) return;
  const sorted = [...data.dimensions].sort((a, b) => (b.after ?? -2) - (a.after ?? -2));
  figure(section('dimensions'), 'dimensions', 'dimensions', (width, colours) => {
    const label = Math.min(280, Math.round(width * 0.38));
    const names = sorted.map(d => d.name);
    return {...base(colours), height: 18 * sorted.length + 60,
      legend: {left: label, top: 0, data: ['before', 'after'], itemWidth: 10, itemHeight: 10, textStyle: {color: colours.soft}},
      grid: {left: label, right: 16, top: 30, bottom: 28},
      xAxis: axis('', colours, {scale: false, max: 1, position: 'bottom'}),
      yAxis: {type: 'category', inverse: true, data: names, axisLine: {show: false}, axisTick: {show: false},
        axisLabel: {color: colours.ink, fontSize: 11, width: label - 12, overflow: 'truncate', interval: 0}},
      series: [
        {type: 'custom', silent: true, tooltip: {show: false}, data: sorted.map((d, i) => [d.before, d.after, i]),
          encode: {x: [0, 1], y: 2}, renderItem: (p, api) => {
            const from = api.coord([api.value(0), api.value(2)]);
            const to = api.coord([api.value(1), api.value(2)]);
            return {type: 'line', shape: {x1: from[0], y1: from[1], x2: to[0], y2: to[1]}, style: {stroke: colours.line, lineWidth: 3}};
          }},
        {type: 'scatter', name: 'before', symbolSize: 8, itemStyle: {color: colours.before}, data: sorted.map((d, i) => [d.before, i])},
        {type: 'scatter', name: 'after', symbolSize: 9, itemStyle: {color: colours.after}, data: sorted.map((d, i) => [d.after, i])},
      ],
      tooltip: {...base(colours).tooltip, formatter: point => {
        const d = sorted[point.value[1]];
        return `<b>${escape(d.name)}</b><br>before ${number(d.before)}, after ${number(d.after)}`;
      }},
    };
  });
}

function drawGalleries() {
  if (!data.galleries.length) return;
  const list = section('galleries').querySelector('.galleries');
  for (const gallery of data.galleries) {
    const card = element(list, 'div', 'gallery');
    element(card, 'h3', null, gallery.dimension);
    const rows = [['people', gallery.measured, gallery.predicted], ['model', gallery.predicted, gallery.measured]];
    for (const [by, examples, others] of rows) {
      const row = element(card, 'div', 'row');
      element(row, 'div', 'by', by);
      for (const example of examples) {
        const shared = others.some(other => other.name === example.name);
        const item = element(row, 'div', 'example' + (shared ? ' shared' : ''));
        item.title = example.name + ': ' + number(example.value);
        const image = element(item, 'img');
        image.src = example.image;
        image.alt = readable(example.name);
        element(item, 'span', null, readable(example.name));
      }
    }
  }
}

drawScores();
drawRdms();
drawScatter();
drawCurves();
drawDimensions();
drawGalleries();
drawFacts();
