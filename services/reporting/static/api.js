// Asks the service, with the token that this browser's tab was given, if any.

const KEY = "deskstream-token";

export class NotAllowed extends Error {}
export class NotThere extends Error {}

let serverAhead = 0;

/** The service's time, so that a wrong clock on this machine falsifies no countdown. */
export const now = () => Date.now() + serverAhead;

export function remember(token) {
  sessionStorage.setItem(KEY, token.trim());
}

export async function ask(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== "") query.append(name, value);
  }
  const token = sessionStorage.getItem(KEY);
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const answer = await fetch(`v1/${path}?${query}`, { headers, signal: AbortSignal.timeout(10_000) });
  if (answer.status === 401 || answer.status === 403) throw new NotAllowed((await answer.json()).detail);
  if (answer.status === 404) throw new NotThere((await answer.json()).detail);
  if (!answer.ok) throw new Error(`The service answered ${answer.status}.`);
  const content = await answer.json();
  if (content.now) serverAhead = Date.parse(content.now) - Date.now();
  return content;
}
