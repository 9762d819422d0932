// What the scripts in this language share: how a check is run, reported and compared.

import assert from "node:assert/strict";
import { inspect } from "node:util";

const CHECK_MS_MAX = 20_000;

/** Runs checks one by one and prints a line for each, as ../README.md describes them. */
export class Checks {
  constructor(client, version) {
    this.failed = 0;
    console.log(`client ${client} ${version}`);
  }

  /** Runs a check; it fails where it throws, and where it does not end. */
  async run(name, check, ...given) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error("no end of it")), CHECK_MS_MAX);
    });
    try {
      await Promise.race([check(...given), late]);
      this.report(name);
    } catch (error) {
      this.report(name, error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Prints how a check went. */
  report(name, error) {
    const command = error && missing(error);
    let line = `ok ${name}`;
    if (command) {
      line = `missing ${name}: ${command}`;
    } else if (error) {
      this.failed += 1;
      line = `FAIL ${name}: ${error.message}`;
    }
    console.log(line.replace(/\s+/g, " "));
  }

  /** Ends the script. */
  exit() {
    process.exit(this.failed > 0 ? 1 : 0);
  }
}

/** The server does not have this command, in a protocol whose error does not name it. */
export class Missing extends Error {}

/** The command that the server says it does not have, if that is the error. */
function missing(error) {
  if (error instanceof Missing) return error.message;
  const command = /unknown command '?([\w.]+)/i.exec(error.message);
  if (command) return command[1].toUpperCase();
  if (/scripts are not run here/.test(error.message)) return "EVAL";
  const subcommand = /unknown subcommand '?(\w+)'?. Try (\w+) HELP/i.exec(error.message);
  return subcommand && `${subcommand[2]} ${subcommand[1]}`.toUpperCase();
}

/** Fails unless both are the same, of the same type, through and through. */
export function same(got, expected) {
  const shown = (value) => {
    const text = inspect(value, { breakLength: Infinity, maxArrayLength: 40 });
    return text.length <= 200 ? text : `${text.slice(0, 200)}... (${text.length} characters)`;
  };
  // A large difference would take assert longer to draw than the check to run.
  if (Buffer.isBuffer(got) && Buffer.isBuffer(expected) && got.equals(expected)) return;
  try {
    assert.deepEqual(got, expected);
  } catch {
    throw new Error(`got ${shown(got)}, expected ${shown(expected)}`);
  }
}

/** Fails unless the number is in the range, ends included. */
export function within(got, least, most) {
  if (!(least <= got && got <= most)) throw new Error(`got ${got}, expected ${least} to ${most}`);
}

/** Fails unless the promise is rejected with a message that the pattern matches. */
export async function rejects(promise, pattern) {
  let got;
  try {
    got = await promise;
  } catch (error) {
    if (pattern.test(error.message)) return;
    throw new Error(`got error ${error.message}, expected ${pattern}`);
  }
  throw new Error(`got ${inspect(got)}, expected an error: ${pattern}`);
}

/** Resolves when the emitter has emitted the event. */
export function event(emitter, name) {
  return new Promise((resolve) => emitter.once(name, resolve));
}

/** The numbers below `count`. */
export function numbers(count) {
  return Array.from({ length: count }, (_, at) => at);
}
