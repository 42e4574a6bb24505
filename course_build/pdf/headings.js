// Returns every heading of the page and makes Chromium write down its place: as a named destination, which it does only
// for what a link of the page leads to. These links are not laid out, so they are neither on paper nor in its structure.
() => {
  const links = document.createElement("div");
  links.style.display = "none";
  const headings = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].map((heading, index) => {
    heading.id ||= `heading-${index}`;
    const link = document.createElement("a");
    link.href = `#${heading.id}`;
    links.append(link);
    return [heading.textContent.trim().replace(/\s+/g, " "), Number(heading.tagName[1]), heading.id];
  });
  document.body.append(links);
  return headings;
}
