import { describe, expect, it } from 'vitest'
import { countReport } from './run-vitest.ts'

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
    expect(countReport(GREEN, 0)).toEqual({ passed: 7, failed: 0, skipped: 3 })
  })

  it('counts a file that does not load as one failure', () => {
    const testResults = [{ status: 'failed', assertionResults: [] }]
    expect(countReport({ ...GREEN, testResults }, 1)).toEqual({ passed: 7, failed: 1, skipped: 3 })
  })

  it('counts an end with an error that no test is to blame for as one failure', () => {
    expect(countReport(GREEN, 1).failed).toBe(1)
  })

  it('counts a run that left no report, as one that was killed, as one failure', () => {
    expect(countReport(undefined, null)).toEqual({ passed: 0, failed: 1, skipped: 0 })
  })
})
