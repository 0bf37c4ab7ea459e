import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_VERBATIM_BYTES } from '#model'
import { cleanMessage, firstLine } from './clean.ts'
import { renderEvent } from './monitor.ts'
import { renderNodeView } from './node.ts'
import { renderPlainText } from './plain.ts'
import { ago, NOW, someCondition, someEvent, someFacts, someProblem } from './testing.ts'

const TRACE = ['BUG: unable to handle page fault', 'Call Trace:', '\t? __die+0x24/0x70', '  </TASK>'].join('\n')

describe('a message of several lines', () => {
  it('is whole in the views of a condition, a problem and an event', () => {
    const conditions = [someCondition({ health: 'problem', message: TRACE })]
    const view = renderNodeView(someFacts({ conditions, problems: [someProblem({ message: TRACE })] }), NOW)
    expect(view.conditions[0]?.message).toBe(TRACE)
    expect(view.problems[0]?.message).toBe(TRACE)
    expect(renderEvent(someEvent({ message: TRACE }), NOW).message).toBe(TRACE)
  })

  it('stays whole once the detector is not heard any more', () => {
    const detector = { state: 'stale', lastHeartbeat: ago(90), listeningSince: ago(900) } as const
    const facts = someFacts({ detector, conditions: [someCondition({ message: TRACE })] })
    expect(renderNodeView(facts, NOW).conditions[0]?.message).toBe(
      `detector not heard since 12 May 03:12:50 UTC; before that: ${TRACE}`,
    )
  })

  it('is its first line in the plain text, with how many more there are', () => {
    const problem = { ...someProblem({ message: TRACE }), evidence: undefined }
    const text = renderPlainText(renderNodeView(someFacts({ problems: [problem] }), NOW), NOW)
    expect(text).toContain('\n  BUG: unable to handle page fault (and 3 more lines)\n')
    expect(text).not.toContain('Call Trace')
  })

  it('in one line is that line, and within its length', () => {
    expect(firstLine('one')).toBe('one')
    expect(firstLine('\n one \n\ntwo\n')).toBe('one (and 1 more line)')
    expect(firstLine(`${'x'.repeat(100)}\ntwo`, 40)).toBe(`${'x'.repeat(21)}… (and 1 more line)`)
    expect(firstLine('')).toBe('')
  })
})

describe('a message', () => {
  it('is as long as its source may make it', () => {
    const long = `${'line\n'.repeat(6000)}end`
    expect(cleanMessage(long)).toBe(long)
    expect(Buffer.byteLength(cleanMessage('\u0001'.repeat(40_000)))).toBeLessThanOrEqual(MAX_VERBATIM_BYTES)
  })

  it('shows what cannot be seen as a code', () => {
    expect(cleanMessage('a\u202eb\u001b[31m\tc\r\nd\u2028e')).toBe('a\\u202eb\\u001b[31m\tc\nd\ne')
  })

  it('is well-formed, bounded, without what cannot be seen, and the same when it is made again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (any) => {
        const shown = cleanMessage(any)
        expect(shown.isWellFormed()).toBe(true)
        expect(shown).not.toMatch(
          /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/,
        )
        expect(cleanMessage(shown)).toBe(shown)
        expect(firstLine(shown)).not.toMatch(/[\n\t]/)
      }),
      { numRuns: 500 },
    )
  })
})
