// Every text from the server is put in by textContent: an owner called <script> is a name like any other.

const API = "api";
const PAGE = 50;
const SYNC_EVERY_MS = 2000;

const element = (id) => document.getElementById(id);
const money = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const count = new Intl.NumberFormat();

class Problem extends Error {
  constructor(body, status) {
    super(body.detail ?? `The server answered ${status}`);
    this.field = body.field;
  }
}

async function call(path, body) {
  const request = { headers: { Accept: "application/json" }, cache: "no-store" };
  if (body !== undefined) {
    request.method = "POST";
    request.headers["Content-Type"] = "application/json";
    request.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(`${API}/${path}`, request);
  } catch {
    throw new Problem({ detail: "The server does not answer" });
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw new Problem(answer, response.status);
  }
  return answer;
}

/** Cents as people write money, by way of a text: dividing by 100 would round large sums. */
function written(cents) {
  const digits = BigInt(cents);
  return money.format(`${digits / 100n}.${String(digits % 100n).padStart(2, "0")}`);
}

/** What a person typed, in cents, or undefined if it is not an amount. */
function cents(text) {
  const match = /^(\d{1,14})(?:[.,](\d{1,2}))?$/.exec(text.trim());
  return match ? Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0")) : undefined;
}

function bytes(n) {
  const units = ["B", "KiB", "MiB", "GiB"];
  let unit = 0;
  while (n >= 1024 && unit < units.length - 1) {
    n /= 1024;
    unit++;
  }
  return `${n.toLocaleString(undefined, { maximumFractionDigits: unit ? 1 : 0 })} ${units[unit]}`;
}

function time(instant) {
  return instant ? new Date(instant).toLocaleTimeString() : "none yet";
}

// Accounts

const owners = new Map();
let next = null;

function addRow(account) {
  owners.set(String(account.id), account.owner);
  const row = document.createElement("tr");
  for (const [text, kind] of [[account.id, "number"], [account.owner, ""], [written(account.balance), "number"]]) {
    const cell = document.createElement("td");
    cell.textContent = text;
    cell.className = kind;
    row.append(cell);
  }
  element("accounts").append(row);
  const option = document.createElement("option");
  option.value = account.id;
  option.label = account.owner;
  element("account-list").append(option);
}

async function showMore() {
  const page = await call(`accounts?limit=${PAGE}${next ? `&cursor=${encodeURIComponent(next)}` : ""}`);
  page.accounts.forEach(addRow);
  next = page.next;
  element("more").hidden = next === null;
  element("no-accounts").hidden = owners.size > 0;
}

/** Reads the list again, as far as it was shown. */
async function refresh() {
  const shown = Math.max(owners.size, 1);
  const accounts = [];
  let cursor = null;
  do {
    const page = await call(`accounts?limit=${PAGE}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
    accounts.push(...page.accounts);
    cursor = page.next;
  } while (cursor !== null && accounts.length < shown);
  owners.clear();
  element("accounts").replaceChildren();
  element("account-list").replaceChildren();
  accounts.forEach(addRow);
  next = cursor;
  element("more").hidden = next === null;
  element("no-accounts").hidden = owners.size > 0;
  await showTotals();
}

async function showTotals() {
  const totals = await call("totals");
  element("total-accounts").textContent = count.format(totals.accounts);
  element("total-transfers").textContent = count.format(totals.transfers);
  element("total-balance").textContent = written(totals.balance);
}

async function orSay(problem, work) {
  try {
    await work();
    problem.textContent = "";
  } catch (failure) {
    problem.textContent = failure.message;
  }
}

// Forms

/** Sends a form: `read` makes the request of its fields or throws a Problem with a field, `send` says what was done. */
function onSubmit(form, read, send) {
  const done = form.querySelector(".done");
  const general = form.querySelector("[data-for=form]");
  const button = form.querySelector("button");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    done.textContent = general.textContent = "";
    for (const input of form.querySelectorAll("input")) {
      input.removeAttribute("aria-invalid");
      element(`${input.id}-problem`).textContent = "";
    }
    button.disabled = true;
    try {
      const sentence = await send(read());
      form.reset();
      done.textContent = sentence;
      await orSay(element("accounts-problem"), refresh);
    } catch (failure) {
      const input = failure.field && form.elements[failure.field];
      if (input) {
        input.setAttribute("aria-invalid", "true");
        element(`${input.id}-problem`).textContent = failure.message;
        input.focus();
      } else {
        general.textContent = failure.message;
      }
    } finally {
      button.disabled = false;
    }
  });
}

function amountIn(form, field) {
  const value = cents(form.elements[field].value);
  if (value === undefined) {
    throw new Problem({ detail: "Write an amount such as 12.50", field });
  }
  return value;
}

function numberIn(form, field) {
  const text = form.elements[field].value.trim();
  if (!/^\d{1,15}$/.test(text)) {
    throw new Problem({ detail: "Write an account number", field });
  }
  return Number(text);
}

onSubmit(
  element("transfer"),
  () => {
    const form = element("transfer");
    return { from: numberIn(form, "from"), to: numberIn(form, "to"), amount: amountIn(form, "amount") };
  },
  async (request) => {
    const transfer = await call("transfers", request);
    showOwner("from");
    showOwner("to");
    return `Transferred ${written(transfer.amount)} from account ${transfer.from} to account ${transfer.to}.`;
  },
);

onSubmit(
  element("open"),
  () => ({ owner: element("owner").value, balance: amountIn(element("open"), "balance") }),
  async (request) => {
    const account = await call("accounts", request);
    return `Opened account ${account.id} for ${account.owner}.`;
  },
);

function showOwner(field) {
  element(`${field}-owner`).textContent = owners.get(element(field).value.trim()) ?? "";
}

for (const field of ["from", "to"]) {
  element(field).addEventListener("input", () => showOwner(field));
  element(field).form.addEventListener("reset", () => setTimeout(() => showOwner(field)));
}

// Replica

function say(state, sentence) {
  const badge = element("state");
  badge.dataset.state = state;
  if (badge.textContent !== sentence) {
    badge.textContent = sentence; // only when it changes, so that a screen reader does not repeat it
  }
}

async function showSync() {
  try {
    const sync = await call("sync");
    element("committed").textContent = sync.committedTxid;
    element("durable").textContent = sync.durableTxid;
    element("lag").textContent = sync.lagSeconds === 0 ? "none" : `${sync.lagSeconds.toFixed(1)} s`;
    element("pending").textContent = bytes(sync.pendingBytes);
    element("synced").textContent = count.format(sync.totalSynced);
    element("errors").textContent = count.format(sync.syncErrors);
    element("database").textContent = bytes(sync.databaseBytes);
    element("wal").textContent = bytes(sync.walBytes);
    element("last-sync").textContent = time(sync.lastSyncAt);
    element("last-snapshot").textContent = time(sync.lastSnapshotAt);
    if (!sync.running) {
      say("down", "Not replicated");
    } else if (sync.lagSeconds === 0) {
      say("durable", "Everything is durable");
    } else {
      say("waiting", "Storing the latest changes");
    }
  } catch (failure) {
    say("down", failure.message);
  }
}

async function keepShowingSync() {
  if (!document.hidden) {
    await showSync();
  }
  setTimeout(keepShowingSync, SYNC_EVERY_MS);
}

function onDemand(id, path, sentence) {
  const button = element(id);
  button.addEventListener("click", async () => {
    button.disabled = true;
    element("sync-done").textContent = "";
    await orSay(element("sync-problem"), async () => {
      const { position } = await call(path, {});
      element("sync-done").textContent = `${sentence} ${position}.`;
      await showSync();
    });
    button.disabled = false;
  });
}

onDemand("flush", "sync/flush", "Everything is durable up to");
onDemand("snapshot", "sync/snapshot", "The snapshot is stored at");

element("refresh").addEventListener("click", () => orSay(element("accounts-problem"), refresh));
element("more").addEventListener("click", () => orSay(element("accounts-problem"), showMore));

orSay(element("accounts-problem"), refresh);
keepShowingSync();
