/** Log lines for people. Texts of plug-ins come here as they were sent: a line stays one line, and tells no terminal what to do. */
import { cleanText } from '#model'

const COLOURS: Readonly<Record<string, string>> = {
  debug: '\u001b[2m',
  info: '\u001b[36m',
  warn: '\u001b[33m',
  error: '\u001b[31m',
}
const PLAIN = '\u001b[0m'

/** Of one text in a line. */
const TEXT_MAX = 1024

function value(of: unknown): string {
  if (typeof of === 'string')
    return /^[^\s"=]+$/.test(of) ? cleanText(of, TEXT_MAX) : JSON.stringify(cleanText(of, TEXT_MAX))
  return cleanText(JSON.stringify(of) ?? String(of), TEXT_MAX)
}

/** The error's text. Its stack is for machines: the JSON form has it. */
function why(err: unknown): string[] {
  if (typeof err !== 'object' || err === null || !('message' in err)) return []
  return [`(${cleanText(String(err.message), TEXT_MAX)})`]
}

/** "03:14:20 warn  detector  monitor is lost  monitor=gpu reason=…" of a line's fields. */
export function renderPretty(record: Readonly<Record<string, unknown>>, colour: boolean): string {
  const { timestamp, level, component, message, err, ...rest } = record
  const word = String(level).padEnd(5)
  const shown = colour ? `${COLOURS[String(level)] ?? ''}${word}${PLAIN}` : word
  const fields = Object.entries(rest).map(([key, of]) => `${cleanText(key, 80)}=${value(of)}`)
  const said = [cleanText(String(message), TEXT_MAX), ...why(err)].join(' ')
  return [String(timestamp).slice(11, 19), shown, `${String(component)}:`, said, ...fields].join(' ')
}
