/** A stream of bytes as lines of text, each of bounded length. */
import { StringDecoder } from 'node:string_decoder'

/** Takes bytes, gives lines without their end ("\n" or "\r\n"). What is beyond `maxLength` of a line is thrown away. */
export function createLineSplitter(
  maxLength: number,
  onLine: (line: string) => void,
): { push(chunk: Buffer): void; end(): void } {
  const decoder = new StringDecoder('utf8')
  let pending = ''
  let started = false

  function add(part: string): void {
    if (part !== '') started = true
    const room = maxLength - pending.length
    if (room > 0) pending += part.slice(0, room)
  }
  function flush(): void {
    const line = pending.endsWith('\r') ? pending.slice(0, -1) : pending
    pending = ''
    started = false
    onLine(line)
  }
  function take(text: string): void {
    let from = 0
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', from)) {
      add(text.slice(from, at))
      flush()
      from = at + 1
    }
    add(text.slice(from))
  }
  return {
    push: (chunk) => take(decoder.write(chunk)),
    end: () => {
      take(decoder.end())
      if (started) flush()
    },
  }
}
