import { describe, expect, it } from 'vitest'
import type { Problem } from '#model'
import { renderAnnotations } from './annotations.ts'

function problem(
  type: string,
  entity: string,
  severity: Problem['severity'],
  phase: Problem['phase'] = 'opened',
): Problem {
  return { type, entity, severity, phase, fingerprint: `${type}${entity}` } as unknown as Problem
}

const QUIET = { version: '0.1.0', conditions: [], problems: [], monitors: [], silent: false }

describe('the annotations of the node', () => {
  it('say that it is well, and who says so', () => {
    const monitors = [{ name: 'system', version: '0.1.0' }] as never
    expect(renderAnnotations({ ...QUIET, monitors })).toEqual({
      'node-doctor.io/status': 'healthy',
      'node-doctor.io/problems': '',
      'node-doctor.io/version': '0.1.0, system 0.1.0',
    })
  })

  it('name open problems, the worst first, and none that is over', () => {
    const problems = [
      problem('SwapHigh', '', 'warning'),
      problem('DiskFull', 'disk:/var', 'critical'),
      problem('Old', '', 'critical', 'resolved'),
    ]
    expect(renderAnnotations({ ...QUIET, problems })).toMatchObject({
      'node-doctor.io/status': 'problem',
      'node-doctor.io/problems': 'DiskFull(disk:/var)=critical, SwapHigh=warning',
    })
  })

  it('say unknown where nobody vouches, and where something is not known', () => {
    expect(renderAnnotations({ ...QUIET, silent: true })['node-doctor.io/status']).toBe('unknown')
    const conditions = [{ health: 'unknown' }] as never
    expect(renderAnnotations({ ...QUIET, conditions })['node-doctor.io/status']).toBe('unknown')
  })

  it('are calm about what was looked at for too short a time to say', () => {
    const watched = { health: 'unknown', held: 'pending' }
    const status = (...conditions: object[]) =>
      renderAnnotations({ ...QUIET, conditions: conditions as never })['node-doctor.io/status']
    expect(status({ health: 'healthy' }, watched)).toBe('healthy')
    expect(status(watched)).toBe('unknown')
  })

  it('are no longer than what kubectl describe shows, however many problems there are', () => {
    const problems = Array.from({ length: 500 }, (_, i) => problem('DiskFull', `disk:/data/${i}`, 'warning'))
    expect(renderAnnotations({ ...QUIET, problems })['node-doctor.io/problems']).toBe(
      'DiskFull(disk:/data/0)=warning, DiskFull(disk:/data/1)=warning, DiskFull(disk:/data/10)=warning, and 497 more',
    )
    const one = [problem('DiskFull', `disk:/${'x'.repeat(5000)}`, 'warning'), problem('SwapHigh', '', 'warning')]
    const text = renderAnnotations({ ...QUIET, problems: one })['node-doctor.io/problems'] ?? ''
    expect(text).toMatch(/^DiskFull\(disk:\/x+…=warning, SwapHigh=warning$/)
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(136)
  })
})
