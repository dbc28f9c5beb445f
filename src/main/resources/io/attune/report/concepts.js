function drawConcepts() {
  const counts = [...new Set(data.runs.map(r => r.concepts))];
  const mean = count => {
    const known = data.runs.filter(r => r.concepts === count && r.spearman != null);
    return known.length ? known.reduce((sum, r) => sum + r.spearman, 0) / known.length : null;
  };
  const wide = counts.at(-1) > 10 * counts[0];
  figure(section('concepts'), 'concepts', 'concepts', (width, colours) => ({...base(colours), height: 380,
    legend: {left: 50, top: 0, data: ['tuned', 'CLIP'], itemWidth: 26, textStyle: {color: colours.ink}},
    grid: {left: 58, right: 24, top: 34, bottom: 52},
    xAxis: axis('training concepts' + (wide ? ' (logarithmic)' : ''), colours, {type: wide ? 'log' : 'value', nameGap: 28,
      min: wide ? counts[0] / 1.3 : 0, max: wide ? counts.at(-1) * 1.3 : Math.ceil(counts.at(-1) * 1.05), splitLine: {show: false},
      axisLabel: {color: colours.soft, hideOverlap: true, showMinLabel: !wide, showMaxLabel: false, formatter: v => String(Math.round(v))}}),
    yAxis: axis('Spearman ρ', colours, {nameGap: 38, min: v => Math.floor(10 * Math.min(0, v.min, data.plain ?? 0)) / 10, max: v => Math.ceil(10 * Math.max(v.max, data.plain ?? 0)) / 10}),
    series: [
      {type: 'line', name: 'tuned', symbol: 'none', data: counts.map(c => [c, mean(c)]), itemStyle: {color: colours.after}, lineStyle: {color: colours.after, width: 2}},
      {type: 'scatter', name: 'tuned', symbolSize: 8, itemStyle: {color: colours.after}, data: data.runs.map(r => [r.concepts, r.spearman, r.name])},
      {type: 'line', name: 'CLIP', symbol: 'none', data: [wide ? counts[0] / 1.3 : 0, wide ? counts.at(-1) * 1.3 : Math.ceil(counts.at(-1) * 1.05)].map(x => [x, data.plain]),
        itemStyle: {color: colours.ceiling}, lineStyle: {color: colours.ceiling, width: 1.5, type: [4, 3]}}],
    tooltip: {...base(colours).tooltip, formatter: p => p.seriesType === 'scatter'
      ? `<b>${escape(p.value[2])}</b><br>${p.value[0]} concepts: ${number(p.value[1])}` : `CLIP: ${number(data.plain)}`},
  }));
}

drawConcepts();
drawFacts();
