// Gives the interactive figures of a page what a notebook would give them: their module, and a model with their state.
// No kernel, no other host. A figure's files come when it comes near the window; they are scripts, so that all of this
// works from a folder too, where a page may not fetch.
"use strict";

(() => {
  const HOME = new URL("widgets/", document.currentScript.src);
  const delivered = new Map(); // what the scripts brought, by name
  const scripts = new Map(); // name → promise: each script once
  const modules = new Map(); // source → promise of its module: one a figure kind
  const endings = new Map(); // figure → what ends it

  function fetchOnce(name) {
    if (scripts.has(name)) return scripts.get(name);
    const script = document.createElement("script");
    script.src = new URL(`${name}.js`, HOME);
    const promise = new Promise((resolve, reject) => {
      script.onload = () => resolve(delivered.get(name));
      script.onerror = () => reject(new Error(`${script.src} could not be loaded`));
    });
    scripts.set(name, promise);
    document.head.append(script);
    return promise;
  }

  function importOnce(source) {
    if (!modules.has(source)) {
      modules.set(source, import(URL.createObjectURL(new Blob([source], { type: "text/javascript" }))));
    }
    return modules.get(source);
  }

  // What widget_pages.py has compressed.
  async function bytesOf(base64) {
    const packed = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new DataView(await new Response(stream).arrayBuffer());
  }

  /** The part of anywidget's model that needs no kernel. */
  class LocalModel {
    constructor(state, onSave) {
      Object.assign(this, { state, onSave, listeners: [] });
    }
    get(key) {
      return this.state[key];
    }
    set(key, value) {
      if (this.state[key] === value) return;
      this.state[key] = value;
      for (const { event, call } of [...this.listeners]) if (event === `change:${key}` || event === "change") call();
    }
    on(event, call) {
      this.listeners.push({ event, call });
    }
    off(event, call) {
      this.listeners = this.listeners.filter((one) => (event && one.event !== event) || (call && one.call !== call));
    }
    save_changes() {
      this.onSave();
    }
    send() {
      throw new Error("this needs Python: run the page as a notebook");
    }
  }

  const parameter = (state, key) => `w.${state.name}.${key}`;

  // A value from the address counts if it has the form of the one it replaces.
  function readAddress(state, shared) {
    const query = new URLSearchParams(location.search);
    const sameForm = (a, b) =>
      Array.isArray(b) ? Array.isArray(a) && a.length === b.length && a.every((v, i) => sameForm(v, b[i])) : typeof a === typeof b;
    for (const key of shared) {
      const text = query.get(parameter(state, key));
      if (text === null) continue;
      let value = text;
      if (typeof state[key] !== "string") {
        try {
          value = JSON.parse(text);
        } catch {
          value = undefined;
        }
      }
      if (sameForm(value, state[key])) state[key] = value;
      else console.warn(`${parameter(state, key)}=${text} in the address is not like ${JSON.stringify(state[key])}: left out`);
    }
  }

  function writeAddress(state, shared) {
    if (!location.protocol.startsWith("http")) return; // a page in a folder may not change its address
    const url = new URL(location.href);
    const short = (_, value) => (typeof value === "number" ? Number(value.toPrecision(4)) : value);
    for (const key of shared) {
      const value = state[key];
      url.searchParams.set(parameter(state, key), typeof value === "string" ? value : JSON.stringify(value, short));
    }
    history.replaceState(history.state, "", url);
  }

  async function mount(figure) {
    if (endings.has(figure)) return;
    const ending = new AbortController();
    endings.set(figure, ending);
    const el = document.createElement("div");
    try {
      const { state, shared, buffers } = JSON.parse(figure.querySelector("script").textContent);
      const [source, ...data] = await Promise.all(
        [figure.dataset.widget, ...buffers.map((buffer) => `data/${buffer.data}`)].map(fetchOnce),
      );
      const bytes = await Promise.all(data.map(bytesOf));
      buffers.forEach(({ path }, i) => {
        const holder = path.slice(0, -1).reduce((node, key) => node[key], state);
        holder[path.at(-1)] = bytes[i];
      });
      readAddress(state, shared);
      const model = new LocalModel(state, () => writeAddress(state, shared));
      const { render } = (await importOnce(source)).default;
      if (ending.signal.aborted) return; // ended while its files came
      figure.append(el);
      const end = await render({ model, el, signal: ending.signal });
      if (end) ending.signal.addEventListener("abort", end);
      figure.classList.add("cw-lives");
    } catch (error) {
      if (ending.signal.aborted) return;
      console.error(error);
      el.className = "cw cw-error";
      el.setAttribute("role", "alert");
      el.textContent = `This figure did not start: ${error.message}. The picture above shows what it is about.`;
      figure.append(el);
    }
    figure.dataset.state = "ready";
  }

  function unmount(figure) {
    near.unobserve(figure); // else it would begin again when it comes near
    endings.get(figure)?.abort();
    endings.delete(figure);
    figure.classList.remove("cw-lives");
    figure.querySelector(":scope > .cw")?.remove();
    delete figure.dataset.state;
  }

  window.courseWidgets = { deliver: (name, content) => delivered.set(name, content), mount, unmount };

  const near = new IntersectionObserver(
    (entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => (near.unobserve(entry.target), mount(entry.target))),
    { rootMargin: "400px" },
  );
  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".cw-figure").forEach((figure) => near.observe(figure)));
})();
