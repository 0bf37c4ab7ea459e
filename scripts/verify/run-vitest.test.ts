import { describe, expect, it } from 'vitest'
import { addUp, countReport, renderRun } from './run-vitest.ts'

const GREEN = {
  success: true,
  numPassedTests: 7,
  numFailedTests: 0,
  numPendingTests: 2,
  numTodoTests: 1,
  testResults: [{ status: 'passed', assertionResults: [{}] }],
}

describe('the count of a test run', () => {
  it('counts what passed and what was skipped', () => {
    expect(countReport(GREEN, 0)).toEqual({ passed: 7, failed: 0, skipped: 3, secondTries: 0 })
  })

  it('counts a file that does not load as one failure', () => {
    const testResults = [{ status: 'failed', assertionResults: [] }]
    expect(countReport({ ...GREEN, testResults }, 1)).toEqual({ passed: 7, failed: 1, skipped: 3, secondTries: 0 })
  })

  it('counts an end with an error that no test is to blame for as one failure', () => {
    expect(countReport(GREEN, 1).failed).toBe(1)
  })

  it('counts a run that left no report, as one that was killed, as one failure', () => {
    expect(countReport(undefined, null)).toEqual({ passed: 0, failed: 1, skipped: 0, secondTries: 0 })
  })

  it('counts what passed at a second try only', () => {
    expect(countReport(GREEN, 0, 4)).toEqual({ passed: 7, failed: 0, skipped: 3, secondTries: 4 })
  })
})

describe('the count of several runs', () => {
  it('is their sum, and more than five second tries in all of them are one failure', () => {
    const [one, two] = [countReport(GREEN, 0, 2), countReport(GREEN, 0, 3)]
    expect(addUp([one, two])).toEqual({ passed: 14, failed: 0, skipped: 6, secondTries: 5 })
    expect(addUp([two, two, { passed: 1, failed: 1, skipped: 0 }])).toEqual({
      passed: 15,
      failed: 2,
      skipped: 6,
      secondTries: 6,
    })
  })
})

describe('what is said of a test run', () => {
  const files = [
    { project: 'parts', name: 'a.test.ts', ms: 30_100 },
    { project: 'world', name: 'b.test.ts', ms: 44_000 },
  ]

  it('names the slowest files, and those over their budget', () => {
    expect(renderRun({ secondTries: [], files })).toEqual([
      '    44.0 s b.test.ts',
      '    30.1 s a.test.ts, over its budget of 30 s',
    ])
  })

  it('names each test that passed at a second try only', () => {
    expect(renderRun({ secondTries: ['a.test.ts: one'], files: [] })).toEqual([
      'passed at a second try only: a.test.ts: one',
    ])
    const six = ['a: 1', 'a: 2', 'a: 3', 'a: 4', 'a: 5', 'a: 6']
    expect(renderRun({ secondTries: six, files: [] })[5]).toBe(
      'passed at a second try only: a: 6; more than 5 are a failure',
    )
  })
})
