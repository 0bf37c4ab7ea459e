/** Log lines for people. */

const COLOURS: Readonly<Record<string, string>> = {
  debug: '\u001b[2m',
  info: '\u001b[36m',
  warn: '\u001b[33m',
  error: '\u001b[31m',
}
const PLAIN = '\u001b[0m'

function value(of: unknown): string {
  return typeof of === 'string' && /^[^\s"=]+$/.test(of) ? of : JSON.stringify(of)
}

/** The error's text, and the stack below it where it is not one of ours (ours say what to do). */
function why(err: unknown): string[] {
  if (typeof err !== 'object' || err === null || !('message' in err)) return []
  const stack = 'stack' in err && !('code' in err) ? `\n${String(err.stack)}` : ''
  return [`(${String(err.message)})${stack}`]
}

/** "03:14:20 warn  detector  monitor is lost  monitor=gpu reason=…" of a line's fields. */
export function renderPretty(record: Readonly<Record<string, unknown>>, colour: boolean): string {
  const { timestamp, level, component, message, err, ...rest } = record
  const word = String(level).padEnd(5)
  const shown = colour ? `${COLOURS[String(level)] ?? ''}${word}${PLAIN}` : word
  const fields = Object.entries(rest).map(([key, of]) => `${key}=${value(of)}`)
  const said = [String(message), ...why(err)].join(' ')
  return [String(timestamp).slice(11, 19), shown, `${String(component)}:`, said, ...fields].join(' ')
}
