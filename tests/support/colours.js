// Every text of the page with the ratio of its contrast (WCAG 2.2, "contrast ratio").
() => {
  const parse = (text) => {
    const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const luminance = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((part) => {
      const value = part / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ratio = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const behind = (element) => {
    const box = element.closest("svg .box")?.querySelector("rect");
    if (box) return parse(getComputedStyle(box).fill);
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.a === 1) return colour;
      if (colour.a > 0) throw new Error("a half transparent background");
    }
    return { r: 255, g: 255, b: 255 };
  };
  document.querySelectorAll("details").forEach((one) => (one.open = true));
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const style = getComputedStyle(element);
    const drawn = element.namespaceURI.endsWith("svg");
    const seen = element.getClientRects().length > 0 && element.tagName !== "title";
    if (!walker.currentNode.data.trim() || !seen || element.closest(".visually-hidden")) continue;
    const colour = parse(drawn ? style.fill : style.color);
    found.push({
      words: walker.currentNode.data.trim().slice(0, 40),
      tag: `${element.tagName}.${element.getAttribute("class")}`,
      ratio: ratio(colour, behind(element)),
    });
  }
  return found;
}
