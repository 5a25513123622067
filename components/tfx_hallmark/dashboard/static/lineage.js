// Makes the drawing of a lineage graph something to move about in. Without it the drawing scrolls, and its
// nodes lead to the rows of the table below; what the panel tells is taken from there.
"use strict";

(() => {
  const LEAST = 0.05, MOST = 4, STEP = 1.25, PACE = 60, READABLE = 0.9;
  const within = (value, least, most) => Math.min(Math.max(value, least), most);

  /** Moves and scales the drawing inside its canvas. */
  class View {
    constructor(canvas, svg) {
      this.canvas = canvas;
      this.svg = svg;
      this.width = svg.width.baseVal.value;
      this.height = svg.height.baseVal.value;
      this.x = this.y = 0;
      this.scale = 1;
      this.frame = 0;
    }

    /** Draws with the next frame, however often it is called before. */
    draw() {
      this.frame ||= requestAnimationFrame(() => {
        this.frame = 0;
        this.svg.style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
      });
    }

    move(right, down) {
      this.x += right;
      this.y += down;
      this.keepInSight();
      this.draw();
    }

    /** Scales about a point of the canvas, which stays where it is. */
    zoom(factor, x = this.canvas.clientWidth / 2, y = this.canvas.clientHeight / 2) {
      const scale = within(this.scale * factor, Math.min(LEAST, this.wholeScale()), MOST);
      this.x = x - (x - this.x) * scale / this.scale;
      this.y = y - (y - this.y) * scale / this.scale;
      this.scale = scale;
      this.move(0, 0);
    }

    wholeScale() {
      return Math.min(this.canvas.clientWidth / this.width, this.canvas.clientHeight / this.height, 1);
    }

    fit() {
      this.scale = this.wholeScale();
      this.centre(this.width / 2, this.height / 2);
    }

    centre(x, y) {
      this.x = this.canvas.clientWidth / 2 - x * this.scale;
      this.y = this.canvas.clientHeight / 2 - y * this.scale;
      this.draw();
    }

    /** Leaves no room empty at the sides that the drawing could fill; what is smaller stands in the middle. */
    fill() {
      const along = (at, room, length) => (length < room ? (room - length) / 2 : within(at, room - length, 0));
      this.x = along(this.x, this.canvas.clientWidth, this.width * this.scale);
      this.y = along(this.y, this.canvas.clientHeight, this.height * this.scale);
      this.draw();
    }

    /** Lets no drag lose the drawing: some of it stays in the canvas. */
    keepInSight() {
      const edge = 80;
      this.x = within(this.x, edge - this.width * this.scale, this.canvas.clientWidth - edge);
      this.y = within(this.y, edge - this.height * this.scale, this.canvas.clientHeight - edge);
    }

    /** Moves as little as needed to show a node. */
    show(node) {
      // A browser scrolls to what gets the focus, though nothing scrolls here.
      this.canvas.scrollTo(0, 0);
      const box = node.getBBox(), edge = 24;
      const left = this.x + box.x * this.scale, top = this.y + box.y * this.scale;
      const right = left + box.width * this.scale, bottom = top + box.height * this.scale;
      const { clientWidth: width, clientHeight: height } = this.canvas;
      this.move(
        left < edge ? edge - left : Math.min(0, width - edge - right),
        top < edge ? edge - top : Math.min(0, height - edge - bottom),
      );
    }
  }

  /** Drags with one pointer, pinches with two; a press that does not move stays a click. */
  function drags(view) {
    const { canvas } = view, pointers = new Map();
    let moved = false;
    const spread = () => {
      const [a, b] = [...pointers.values()];
      return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, apart: Math.hypot(a.x - b.x, a.y - b.y) };
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      if (!pointers.size) moved = false;
      pointers.set(event.pointerId, { x: event.clientX, y: event.clientY, from: [event.clientX, event.clientY] });
    });
    canvas.addEventListener("pointermove", (event) => {
      const pointer = pointers.get(event.pointerId);
      if (!pointer) return;
      const before = pointers.size === 2 && spread(), { x, y } = pointer;
      Object.assign(pointer, { x: event.clientX, y: event.clientY });
      if (!moved && Math.hypot(pointer.x - pointer.from[0], pointer.y - pointer.from[1]) < 4) return;
      if (!moved) {
        moved = true;
        canvas.setPointerCapture(event.pointerId);
        canvas.classList.add("is-dragged");
      }
      if (before) {
        const after = spread(), place = canvas.getBoundingClientRect();
        view.move(after.x - before.x, after.y - before.y);
        view.zoom(after.apart / (before.apart || 1), after.x - place.left, after.y - place.top);
      } else if (pointers.size === 1) {
        view.move(pointer.x - x, pointer.y - y);
      }
    });
    const end = (event) => {
      pointers.delete(event.pointerId);
      if (!pointers.size) canvas.classList.remove("is-dragged");
    };
    for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) canvas.addEventListener(type, end);
    canvas.addEventListener("dragstart", (event) => event.preventDefault());
    // Chromium gives the click after a drag to the canvas, which captured the pointer; not every browser does.
    canvas.addEventListener("click", (event) => {
      if (moved) event.preventDefault(), event.stopPropagation();
      moved = false;
    }, true);
  }

  /** Zooms by the wheel once the graph was clicked, or with Ctrl; before that the page scrolls on. */
  function wheels(view) {
    view.canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !view.canvas.contains(document.activeElement)) return;
      event.preventDefault();
      const place = view.canvas.getBoundingClientRect();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      view.zoom(Math.exp(within(-event.deltaY * lines, -120, 120) / 400), event.clientX - place.left, event.clientY - place.top);
    }, { passive: false });
  }

  function start(viewer) {
    const canvas = viewer.querySelector(".lineage-canvas"), svg = canvas.querySelector("svg");
    const panel = viewer.querySelector(".lineage-panel"), tools = viewer.querySelector(".lineage-tools");
    const nodes = new Map([...svg.querySelectorAll(".node")].map((node) => [node.dataset.key, node]));
    const edges = [...svg.querySelectorAll(".edge")];
    const view = new View(canvas, svg);
    let chosen = null;

    /** Returns a node and all that lies before it, or behind it. */
    function reached(key, from, to) {
      const beside = new Map();
      for (const { dataset } of edges) beside.set(dataset[from], [...(beside.get(dataset[from]) ?? []), dataset[to]]);
      const found = new Set([key]);
      for (const one of found) for (const other of beside.get(one) ?? []) found.add(other);
      return found;
    }

    function light(key) {
      const before = reached(key, "target", "source"), after = reached(key, "source", "target");
      svg.classList.add("chosen");
      for (const [other, node] of nodes) {
        node.classList.toggle("lit", before.has(other) || after.has(other));
        node.classList.toggle("picked", other === key);
      }
      for (const { classList, dataset: { source, target } } of edges)
        classList.toggle("lit", (before.has(source) && before.has(target)) || (after.has(source) && after.has(target)));
    }

    function tell(key) {
      const row = document.getElementById(`node-${key}`), link = row.querySelector("th a");
      document.querySelector(".lineage-table .is-picked")?.classList.remove("is-picked");
      row.classList.add("is-picked");
      panel.querySelector("h2").textContent = link.dataset.title;
      const detail = link.querySelector("span")?.textContent, what = row.cells[1].textContent;
      panel.querySelector("p").textContent = detail ? `${detail} · ${what}` : what;
      panel.querySelector(".lineage-told").replaceChildren(...row.querySelector(".lineage-facts").cloneNode(true).childNodes);
      panel.scrollTop = 0;
      panel.hidden = false;
      viewer.classList.add("has-panel");
    }

    function choose(key) {
      chosen = key;
      light(key);
      tell(key);
      view.show(nodes.get(key));
      history.replaceState(null, "", `#node-${key}`);
    }

    function release() {
      if (chosen === null) return;
      svg.classList.remove("chosen");
      for (const lit of svg.querySelectorAll(".lit, .picked")) lit.classList.remove("lit", "picked");
      document.querySelector(".lineage-table .is-picked")?.classList.remove("is-picked");
      panel.hidden = true;
      viewer.classList.remove("has-panel");
      if (panel.contains(document.activeElement) || document.activeElement === document.body) nodes.get(chosen).focus();
      chosen = null;
      history.replaceState(null, "", location.pathname + location.search);
    }

    function first() {
      view.fit();
      const about = svg.querySelector(".about");
      if (view.scale >= READABLE || !about) return;
      const box = about.getBBox();
      view.scale = READABLE;
      view.centre(box.x + box.width / 2, box.y + box.height / 2);
      view.fill();
    }

    const commands = {
      in: () => view.zoom(STEP), out: () => view.zoom(1 / STEP), fit: () => view.fit(),
    };
    const keys = {
      "+": commands.in, "=": commands.in, "-": commands.out, _: commands.out, 0: commands.fit, Escape: release,
      ArrowLeft: () => view.move(PACE, 0), ArrowRight: () => view.move(-PACE, 0),
      ArrowUp: () => view.move(0, PACE), ArrowDown: () => view.move(0, -PACE),
    };

    canvas.classList.add("is-live");
    canvas.scrollTo(0, 0);
    tools.hidden = false;
    tools.addEventListener("click", (event) => commands[event.target.closest("button")?.dataset.do]?.());
    viewer.addEventListener("keydown", (event) => {
      const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
      // In the panel the arrows scroll, as they do anywhere.
      if (!act || (panel.contains(event.target) && event.key !== "Escape")) return;
      event.preventDefault();
      act();
    });
    canvas.addEventListener("focusin", (event) => event.target.closest(".node:focus-visible") && view.show(event.target));
    drags(view);
    wheels(view);

    document.addEventListener("click", (event) => {
      const link = event.target.closest('a[href^="#node-"]');
      const key = link?.getAttribute("href").slice("#node-".length);
      if (!nodes.has(key)) return;
      event.preventDefault();
      choose(key);
      if (canvas.contains(link)) return;
      // From the panel or the table: what was asked for is told at the top of the panel.
      viewer.scrollIntoView({ block: "nearest" });
      panel.querySelector("h2").focus();
    });
    first();
    const asked = location.hash.slice("#node-".length);
    if (!location.hash.startsWith("#node-") || !nodes.has(asked)) return;
    choose(asked);
    // Once the browser has scrolled to the row of that name.
    addEventListener("load", () => requestAnimationFrame(() => canvas.scrollIntoView({ block: "center" })), { once: true });
  }

  document.querySelectorAll("[data-lineage]").forEach(start);
})();
