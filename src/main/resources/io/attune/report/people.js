/** Two square matrices over the same names, side by side. */
function matrixPair(width, colours, names, sides, more) {
  const cut = tiles(width, sides.length, sides.length, 24);
  const label = names.length <= 20 ? 60 : 14;
  const side = Math.min(380, cut.size - label - 14);
  const step = side + label + 78;
  const category = i => ({type: 'category', gridIndex: i, data: names.map(readable), axisTick: {show: false}, axisLine: {show: false},
    axisLabel: {show: names.length <= 20, color: colours.soft, fontSize: 10, width: label - 10, overflow: 'truncate', interval: 0}});
  return {...base(colours), height: step * cut.rows,
    title: sides.map((s, i) => title(s.name, s.note ?? '', cut.at(i).left + label, cut.at(i).row * step, colours)),
    grid: sides.map((s, i) => ({left: cut.at(i).left + label, top: cut.at(i).row * step + 30, width: side, height: side})),
    xAxis: sides.map((s, i) => ({...category(i), axisLabel: {...category(i).axisLabel, rotate: 90}})),
    yAxis: sides.map((s, i) => ({...category(i), inverse: true})),
    visualMap: sides.map((s, i) => scale(s.low, s.high, cut.at(i).left + label + Math.max(0, side / 2 - 90), cut.at(i).row * step + side + label + 42, colours, s.unit)),
    series: sides.map((s, i) => picture(i, s.image)),
    probe: (chart, x, y) => {
      const hit = gridAt(chart, sides.length, x, y);
      if (!hit) return null;
      const [, a, b] = hit.map(v => Math.max(0, Math.min(names.length - 1, v)));
      if (a === b) return readable(names[a]);
      return `${readable(names[b])} – ${readable(names[a])}: ` + sides.map(s => `${s.name} ${number(s.at(b, a))}`).join(', ');
    }, ...more};
}

function drawIndividuality() {
  for (const set of data.individuality) {
    const n = set.names.length;
    const sides = [['Models', floats(set.models)], ['MEG', floats(set.meg)]].map(([name, cells]) => {
      const [low, high] = range(cells.filter((v, p) => p % (n + 1) !== 0));
      const at = (y, x) => cells[y * n + x];
      return {name, low, high, at, unit: 'dissimilarity', image: paint(n, n, (y, x) => y === x ? NaN : (at(y, x) - low) / (high - low || 1))};
    });
    const chance = set.permutationP == null ? '' : ', ' + pValue(set.permutationP) + ' by permutation';
    const parent = section('individuality');
    element(parent, 'h3', null, `${set.images}: Spearman ${number(set.spearman)} over ${set.pairs} pairs${chance}`);
    figure(parent, 'individuality-' + set.images.replace(/[^A-Za-z0-9]+/g, '-').toLowerCase(), 'individuality',
      (width, colours) => matrixPair(width, colours, set.names, sides));
  }
}

/** Pairs of participants drawn as bars; more become a heat map. */
const MOST_BARS = 4;

function drawDistances() {
  const pairs = data.weightDistances;
  if (!pairs.length) return;
  const layers = Math.max(...pairs.map(p => p.layers.length));
  const name = p => `${readable(p.first)} and ${readable(p.second)}`;
  if (pairs.length > MOST_BARS) {
    distanceMap(pairs, layers, name);
    return;
  }
  figure(section('distances'), 'weight-distances', 'weight-distances', (width, colours) => ({...base(colours), height: 300 + 22 * Math.floor(pairs.length * 190 / width),
    legend: {left: 50, top: 0, data: pairs.map(name), itemWidth: 12, itemHeight: 12, textStyle: {color: colours.ink}},
    grid: {left: 58, right: 12, top: 34 + 22 * Math.floor(pairs.length * 190 / width), bottom: 48},
    xAxis: {...axis('layer', colours, {nameGap: 26, splitLine: {show: false}}), type: 'category', data: Array.from({length: layers}, (v, i) => String(i + 1))},
    yAxis: axis('Euclidean distance', colours, {scale: false, nameGap: 38}),
    series: pairs.map((p, i) => ({type: 'bar', name: name(p), data: p.layers, itemStyle: {color: colours.palette[i % colours.palette.length]}})),
    tooltip: {...base(colours).tooltip, trigger: 'axis', valueFormatter: v => number(v)},
  }));
}

/** More pairs than bars can show: a row a pair. */
function distanceMap(pairs, layers, name) {
  const order = Array.from({length: layers}, (v, i) => i + 1);
  const [, high] = range(pairs.flatMap(p => p.layers));
  const image = paint(pairs.length, layers, (y, x) => pairs[y].layers[x] / (high || 1));
  figure(section('distances'), 'weight-distances', 'weight-distances', (width, colours) => {
    const tall = Math.max(160, Math.min(640, 14 * pairs.length));
    const label = Math.min(220, Math.round(width * 0.3));
    const shown = tall / pairs.length >= 12;
    const left = shown ? label : 28;
    return {...base(colours), height: tall + 84,
      grid: {left, right: 12, top: 10, height: tall},
      xAxis: cellAxis('layer', order, colours, {nameGap: 24, minInterval: 1}),
      yAxis: {type: 'category', inverse: true, data: pairs.map(name), axisTick: {show: false}, axisLine: {show: false},
        name: shown ? '' : 'pairs of participants', nameLocation: 'middle', nameGap: 12, nameTextStyle: {color: colours.soft},
        axisLabel: {show: shown, color: colours.soft, fontSize: 10, width: label - 10, overflow: 'truncate', interval: 0}},
      visualMap: scale(0, high, 'center', tall + 62, colours, 'Euclidean distance'), series: [picture(0, image)],
      probe: (chart, x, y) => {
        const hit = gridAt(chart, 1, x, y);
        if (!hit) return null;
        const layer = cell(order, hit[1]);
        const pair = pairs[Math.max(0, Math.min(pairs.length - 1, hit[2]))];
        return `${name(pair)}, layer ${layer + 1}: ${number(pair.layers[layer])}`;
      }};
  });
}

function drawViews() {
  for (const view of data.views) {
    const parent = section('views');
    const head = element(parent, 'div', 'view');
    if (view.picture) {
      const image = element(head, 'img');
      image.src = view.picture;
      image.alt = readable(view.image);
    }
    element(head, 'h3', null, `${readable(view.image)} at ${ms(view.time)}`);
    const order = view.dimensions.map((d, k) => k).sort((a, b) => view.first[b] + view.second[b] - view.first[a] - view.second[a]);
    const [low, high] = range([0, ...view.first, ...view.second].filter(v => v != null));
    const sides = [[view.firstName, view.first], [view.secondName, view.second]];
    figure(parent, 'view-' + view.image.replace(/[^A-Za-z0-9]+/g, '-'), 'views', (width, colours) => {
      const label = Math.min(260, Math.round(width * 0.36));
      const size = Math.floor((width - label - 34) / 2);
      const tall = 16 * order.length;
      return {...base(colours), height: tall + 74,
        title: sides.map(([name], i) => title(readable(name), '', label + i * (size + 20) - 4, 0, colours)),
        grid: sides.map((s, i) => ({left: label + i * (size + 20), top: 28, width: size, height: tall})),
        xAxis: sides.map((s, i) => axis('model output', colours, {gridIndex: i, nameGap: 24, scale: false, min: low, max: high, splitNumber: 3,
          axisLabel: {color: colours.soft, hideOverlap: true, showMaxLabel: false, formatter: v => +v.toPrecision(2)}})),
        yAxis: sides.map((s, i) => ({type: 'category', gridIndex: i, inverse: true, data: order.map(k => view.dimensions[k]), axisTick: {show: false},
          axisLine: {lineStyle: {color: colours.line}},
          axisLabel: {show: i === 0, color: colours.ink, fontSize: 11, width: label - 12, overflow: 'truncate', interval: 0}})),
        series: sides.map(([name, values], i) => ({type: 'bar', name: readable(name), xAxisIndex: i, yAxisIndex: i, barWidth: 9,
          data: order.map(k => values[k]), itemStyle: {color: i ? colours.ceiling : colours.after}})),
        tooltip: {...base(colours).tooltip, formatter: p => {
          const k = order[p.dataIndex];
          return [`<b>${escape(view.dimensions[k])}</b>`, ...sides.map(([name, values]) => `${escape(readable(name))}: ${number(values[k])}`)].join('<br>');
        }},
      };
    });
  }
}

function drawMovie() {
  const movie = data.movie;
  if (!movie) return;
  const parent = section('movie');
  const {names, times} = movie;
  const n = names.length;
  const pairs = n * (n - 1) / 2;
  const tracks = movie.tracks.map(track => ({...track, cells: bytes(track.cells)}));
  if (movie.conditions > n || movie.frames > times.length) {
    element(parent, 'p', null, `An even selection is shown: ${n} of ${movie.conditions} images at ${times.length} of ${movie.frames} times.`);
  }
  const row = element(parent, 'div', 'slider');
  const play = element(row, 'button', null, 'play');
  play.type = 'button';
  const slider = element(row, 'input');
  Object.assign(slider, {type: 'range', min: 0, max: times.length - 1, step: 1,
    value: Math.max(0, times.findIndex(t => t >= 100))});
  slider.setAttribute('aria-label', 'time in ms from image onset');
  const now = element(row, 'output');
  const place = (i, j) => i < j ? i * n - i * (i + 1) / 2 + (j - i - 1) : place(j, i);
  const tell = () => {
    now.textContent = ms(times[slider.value]);
    slider.setAttribute('aria-valuetext', now.textContent);
  };
  const redraw = figure(parent, 'movie', 'movie', (width, colours) => {
    const start = pairs * slider.value;
    const sides = tracks.map(track => {
      const share = (y, x) => {
        const byte = y === x ? NaN : track.cells[start + place(y, x)];
        return byte === 255 ? NaN : byte / 254;
      };
      const at = (y, x) => { const s = share(y, x); return Number.isNaN(s) ? null : track.low + s * (track.high - track.low); };
      return {name: track.name, note: '', unit: 'dissimilarity', low: track.low, high: track.high, at, image: paint(n, n, share)};
    });
    const option = matrixPair(width, colours, names, sides);
    option.title.forEach(t => { t.text += ', ' + ms(times[slider.value]); });
    return option;
  });
  tell();
  const show = () => { tell(); redraw(); };
  slider.addEventListener('input', show);
  let timer = null;
  play.addEventListener('click', () => {
    play.textContent = timer ? 'play' : 'pause';
    if (timer) {
      clearInterval(timer);
      timer = null;
    } else {
      timer = setInterval(() => { slider.value = (+slider.value + 1) % times.length; show(); }, 120);
    }
  });
}

drawAlignment();
drawBehavior();
drawWeights();
drawGeneralization();
if (data.participants.length) courses('participants', 'participants', 'participants', data.participants, 3, 130);
drawIndividuality();
drawDistances();
drawViews();
drawMovie();
drawFacts();
