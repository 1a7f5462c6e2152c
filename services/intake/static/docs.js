"use strict";

const make = (tag, text, ...children) => {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  element.append(...children);
  return element;
};

const nameOf = (ref) => ref.split("/").pop();

const kindOf = (schema) => {
  if (!schema) return "";
  if (schema.$ref) return nameOf(schema.$ref);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.anyOf || schema.oneOf) return (schema.anyOf || schema.oneOf).map(kindOf).join(" | ");
  if (schema.type === "array") return `list of ${kindOf(schema.items) || "anything"}`;
  return schema.format ? `${schema.type} (${schema.format})` : schema.type || "anything";
};

const table = (heads, rows) => {
  const head = make("tr", "", ...heads.map((text) => make("th", text)));
  const body = rows.map((cells) => {
    return make("tr", "", ...cells.map((text) => make("td", "", make("code", String(text)))));
  });
  return make("table", "", make("thead", "", head), make("tbody", "", ...body));
};

const bodyOf = (operation) => {
  const content = operation.requestBody?.content || {};
  return Object.entries(content).flatMap(([media, { schema, example }]) => {
    const kind = make("p", "", make("code", media), `: ${kindOf(schema)}`);
    return example ? [kind, make("pre", JSON.stringify(example, null, 2))] : [kind];
  });
};

const operationOf = (path, method, operation) => {
  const title = make("span", method.toUpperCase());
  title.className = "method";
  const summary = make("summary", "", title, make("code", path), ` ${operation.summary || ""}`);
  const parameters = (operation.parameters || []).map((parameter) => [
    parameter.name,
    parameter.in,
    parameter.required ? "needed" : "",
    parameter.description || "",
  ]);
  const answers = Object.entries(operation.responses).map(([status, answer]) => [
    status,
    answer.description,
  ]);
  return make(
    "details",
    "",
    summary,
    make("p", operation.description || ""),
    ...bodyOf(operation),
    ...(parameters.length ? [table(["parameter", "in", "", "meaning"], parameters)] : []),
    table(["answer", "meaning"], answers),
  );
};

const schemaOf = (name, whole) => {
  // Where one of several fields is needed, the alternatives differ in that alone.
  const schema = whole.anyOf?.[0].properties ? { ...whole.anyOf[0], ...whole } : whole;
  const needed = schema.required || [];
  const rows = Object.entries(schema.properties || {}).map(([field, its]) => [
    field,
    kindOf(its),
    needed.includes(field) ? "needed" : "",
  ]);
  const inside = rows.length ? table(["field", "kind", ""], rows) : make("p", kindOf(schema));
  const about = make("p", schema.description || "");
  return make("details", "", make("summary", "", make("code", name)), about, inside);
};

const show = async () => {
  const answer = await fetch("openapi.json");
  const spec = await answer.json();
  document.getElementById("about").textContent = spec.info.description;
  for (const [path, methods] of Object.entries(spec.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      document.getElementById("operations").append(operationOf(path, method, operation));
    }
  }
  for (const [name, schema] of Object.entries(spec.components.schemas)) {
    document.getElementById("schemas").append(schemaOf(name, schema));
  }
};

show().catch((error) => {
  document.getElementById("about").textContent = `openapi.json could not be read: ${error}`;
});
