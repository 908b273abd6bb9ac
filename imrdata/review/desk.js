// Shows one field after the other beside its letter. Every text comes from a letter or a person: it is set as
// textContent, never as markup.

const KEYS = { a: "accept", c: "correct", w: "wrong", s: "skip", b: "back", f: "forward", n: "note", p: "page" };
const VERDICTS = { accept: "right", wrong: "wrong", skip: "skipped" };

function make(tag, kind, text) {
  const made = document.createElement(tag);
  if (kind) made.className = kind;
  if (text !== undefined && text !== null) made.textContent = text;
  return made;
}

function duration(seconds) {
  if (seconds === null || seconds === undefined) return "";
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `about ${minutes} min left` : `about ${Math.floor(minutes / 60)} h ${minutes % 60} min left`;
}

function build(el) {
  const root = make("div", "imrdata-desk mathjax_ignore tex2jax_ignore");
  root.tabIndex = 0;
  root.dataset.lmSuppressShortcuts = "true"; // the keys are not those of the notebook
  const parts = { root };
  const add = (name, parent, tag, kind, text) => {
    parts[name] = make(tag, kind, text);
    parent.append(parts[name]);
    return parts[name];
  };
  const head = add("head", root, "div", "head");
  add("progress", head, "progress");
  add("count", head, "span", "count");
  const body = add("body", root, "div", "body");
  const side = add("side", body, "div", "side");
  for (const name of ["where", "column", "meaning", "doubt", "question"]) add(name, side, "p", name);
  add("value", side, "pre", "value");
  add("words", side, "blockquote", "words");
  add("why", side, "p", "why");
  add("said", side, "p", "said");
  const buttons = add("buttons", side, "div", "buttons");
  for (const [key, name] of Object.entries(KEYS)) {
    const button = add(name, buttons, "button", name, `${name} `);
    button.type = "button";
    button.append(make("kbd", "", key));
  }
  for (const name of ["right", "note"]) {
    const label = add(`${name}Label`, side, "label", "", name === "right" ? "right value " : "note ");
    parts[`${name}Input`] = make("input", `${name}-input`);
    parts[`${name}Input`].autocomplete = "off";
    label.append(parts[`${name}Input`]);
  }
  add("choices", side, "div", "choices");
  add("message", side, "p", "message");
  parts.message.setAttribute("role", "status");
  add("letter", body, "div", "letter");
  parts.letter.tabIndex = -1;
  const page = add("pageBox", body, "div", "page-box");
  page.hidden = true;
  const turns = add("turns", page, "div", "buttons");
  for (const name of ["previous", "next"]) add(name, turns, "button", name, `${name} page`).type = "button";
  add("pageNumber", turns, "span", "count").setAttribute("role", "status");
  add("sheet", page, "div");
  el.append(root);
  return parts;
}

function render({ model, el }) {
  const parts = build(el);
  const { root, rightInput, noteInput } = parts;

  function tell(content) {
    model.send({ ...content, at: model.get("screen").at });
  }

  function mark(verdict) {
    tell({ do: "mark", verdict, value: rightInput.value, note: noteInput.value });
    root.focus({ preventScroll: true });
  }

  function act(name) {
    if (name === "correct") rightInput.select();
    else if (name === "note") noteInput.focus();
    else if (name === "page") showPageBox(parts.pageBox.hidden);
    else if (name === "back" || name === "forward") tell({ do: "go", to: name === "back" ? -1 : 1 });
    else if (model.get("screen").item) mark(VERDICTS[name]);
  }

  function offer() {
    const item = model.get("screen").item;
    const typed = rightInput.value.split(";").at(-1).trim().toLowerCase();
    const fit = (item?.choices ?? []).filter((one) => one.toLowerCase().includes(typed)).slice(0, 40);
    parts.choices.replaceChildren(
      ...fit.map((one) => {
        const choice = make("button", "choice", one);
        choice.type = "button";
        choice.addEventListener("click", () => {
          const before = rightInput.value.split(";").slice(0, -1).map((part) => part.trim());
          rightInput.value = [...before, one].join("; ");
          rightInput.focus();
        });
        return choice;
      }),
    );
  }

  function show() {
    const screen = model.get("screen");
    const item = screen.item;
    parts.progress.max = screen.count || 1;
    parts.progress.value = screen.marked;
    const where = item ? `field ${screen.at + 1} of ${screen.count}` : "the end";
    parts.count.textContent = [where, `${screen.marked} marked in ${screen.file}`, duration(screen.seconds_left)]
      .filter(Boolean)
      .join(" · ");
    parts.where.textContent = item
      ? [item.case_number, item.request_number && `request ${item.request_number}`].filter(Boolean).join(", ")
      : "All fields were shown. The marks are in the file.";
    for (const name of ["column", "meaning", "doubt", "question", "words"]) {
      parts[name].textContent = item?.[name] ?? "";
      parts[name].hidden = !item?.[name];
    }
    parts.value.textContent = item ? (item.value ?? "(nothing)") : "";
    const said = screen.said ?? {};
    parts.said.textContent = said.verdict ? `marked: ${said.verdict} ${said.value ?? ""}` : "";
    rightInput.value = said.value ?? item?.value ?? "";
    noteInput.value = said.note ?? "";
    parts.choices.replaceChildren();
    parts.message.textContent = screen.message ?? "";
    if (root.dataset.at !== String(screen.at) && !parts.pageBox.hidden) tell({ do: "page" });
    root.dataset.at = screen.at;
  }

  function showLetter() {
    const { pieces = [], why = "" } = model.get("letter");
    parts.why.textContent = why && `read from the marked words: ${why}`;
    parts.letter.replaceChildren(...pieces.map(([text, isField]) => make(isField ? "mark" : "span", "", text)));
    const first = parts.letter.querySelector("mark");
    const box = parts.letter.getBoundingClientRect();
    parts.letter.scrollTop = first ? first.getBoundingClientRect().top - box.top - box.height / 3 : 0;
  }

  function showPageBox(isShown) {
    parts.pageBox.hidden = !isShown;
    root.classList.toggle("with-page", isShown);
    parts.page.setAttribute("aria-expanded", isShown);
    if (isShown) tell({ do: "page" });
  }

  function showPage() {
    const { number, count, image = "", why = "" } = model.get("page");
    const sheet = make("img", "image");
    sheet.src = image;
    sheet.alt = `page ${number} of the letter`;
    parts.sheet.replaceChildren(...(image.startsWith("data:image/png;base64,") ? [sheet] : []));
    parts.pageNumber.textContent = why || (number ? `page ${number} of ${count}` : "");
    parts.previous.disabled = !(number > 1);
    parts.next.disabled = !(number < count);
  }

  root.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isTyping = event.target === rightInput || event.target === noteInput;
    if (event.key === "Escape") {
      show();
      root.focus({ preventScroll: true });
    } else if (event.key === "Enter" && event.target === rightInput) {
      mark("corrected");
    } else if (event.key === "Enter" && event.target === noteInput) {
      root.focus({ preventScroll: true });
    } else if (!isTyping && KEYS[event.key.toLowerCase()]) {
      act(KEYS[event.key.toLowerCase()]);
    } else return;
    event.preventDefault();
  });
  for (const name of Object.values(KEYS)) parts[name].addEventListener("click", () => act(name));
  parts.previous.addEventListener("click", () => tell({ do: "page", number: model.get("page").number - 1 }));
  parts.next.addEventListener("click", () => tell({ do: "page", number: model.get("page").number + 1 }));
  rightInput.addEventListener("input", offer);
  rightInput.addEventListener("focus", offer);
  model.on("change:screen", show);
  model.on("change:letter", showLetter);
  model.on("change:page", showPage);
  show();
  requestAnimationFrame(showLetter);
}

export default { render };
