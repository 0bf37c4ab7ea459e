import { describe, expect, it } from 'vitest'
import { Node } from '#proto/nodedoctor/v1/detector.ts'
import { Problem, ProblemPhase, Severity } from '#proto/nodedoctor/v1/types.ts'
import { createKnown } from './known.ts'

const BEGAN = Date.parse('2026-03-01T12:00:00Z')
function at(minute: number): Date {
  return new Date(BEGAN + minute * 60_000)
}

function problem(fingerprint: string, phase: ProblemPhase, minute: number, generation = 1): Problem {
  return Problem.fromPartial({ fingerprint, generation, phase, severity: Severity.WARNING, changed: at(minute) })
}

/** Resolved one a minute, the last of them in minute `last`: the detector names 20. */
function resolved(last: number): Problem[] {
  return Array.from({ length: 20 }, (_, index) => problem(`p${last - index}`, ProblemPhase.RESOLVED, last - index))
}

function node(minute: number, problems: Problem[], over: Problem[]): Node {
  return Node.fromPartial({ time: at(minute), problems, resolved: over })
}

/** Fingerprints of the problems that are told as news. */
function told(changes: ReturnType<ReturnType<typeof createKnown>['take']>): string[] {
  return changes.flatMap((change) => (change?.$case === 'problem' ? [change.value.fingerprint] : []))
}

describe('the resolved problems, of which the detector names the last 20', () => {
  it('are no news where one of them is open again and the one before them is named in its place', () => {
    const known = createKnown()
    known.take({ $case: 'node', value: node(60, [], resolved(30)) })
    const over = resolved(30).filter(({ fingerprint }) => fingerprint !== 'p25')
    const again = problem('p25', ProblemPhase.OPENED, 61, 2)
    const before = problem('p10', ProblemPhase.RESOLVED, 10)
    expect(told(known.take({ $case: 'node', value: node(62, [again], [...over, before]) }))).toEqual(['p25'])
  })

  it('are no news where one of them was forgotten', () => {
    const known = createKnown()
    known.take({ $case: 'node', value: node(60, [], resolved(30)) })
    const over = [...resolved(30).slice(1), problem('p10', ProblemPhase.RESOLVED, 10)]
    expect(known.take({ $case: 'node', value: node(62, [], over) })).toEqual([])
  })

  it('are news where they were opened and resolved after what was heard last, and not where that was heard', () => {
    const known = createKnown()
    known.take({ $case: 'node', value: node(10, [], []) })
    // So many that they are not all remembered.
    for (let index = 0; index < 70; index++)
      known.take({ $case: 'problem', value: problem(`q${index}`, ProblemPhase.RESOLVED, 20 + index) })
    const over = [problem('late', ProblemPhase.RESOLVED, 90), problem('q0', ProblemPhase.RESOLVED, 20)]
    expect(told(known.take({ $case: 'node', value: node(100, [], over) }))).toEqual(['late'])
  })

  it('are news where the clock was set back meanwhile, since when they are from cannot be told', () => {
    const known = createKnown()
    known.take({ $case: 'node', value: node(600, [], []) })
    const over = [problem('new', ProblemPhase.RESOLVED, 4)]
    expect(told(known.take({ $case: 'node', value: node(5, [], over) }))).toEqual(['new'])
  })
})
