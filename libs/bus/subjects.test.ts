import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProblemPhase, Severity } from '#proto/nodedoctor/v1/types.ts'
import { eventSubject, metricsSubject, partOf, problemSubject } from './subjects.ts'

describe('the subject of a fact', () => {
  it('says how bad an event is, and info where that is not known', () => {
    const of = (severity: Severity) => eventSubject({ severity, reason: 'Xid' })
    expect([Severity.INFO, Severity.WARNING, Severity.ERROR, Severity.CRITICAL, 99 as Severity].map(of)).toEqual([
      'nd.event.info.Xid',
      'nd.event.warning.Xid',
      'nd.event.error.Xid',
      'nd.event.critical.Xid',
      'nd.event.info.Xid',
    ])
  })

  it('says where a problem stands', () => {
    const of = (phase: ProblemPhase) => problemSubject({ phase, type: 'DiskFull' })
    expect([ProblemPhase.OPENED, ProblemPhase.RESOLVED, 99 as ProblemPhase].map(of)).toEqual([
      'nd.problem.opened.DiskFull',
      'nd.problem.resolved.DiskFull',
      'nd.problem.changed.DiskFull',
    ])
  })

  it('is the name of a service as it stands', () => {
    expect(metricsSubject('k8s-exporter')).toBe('nd.metric.k8s-exporter')
  })

  it('has as many tokens whatever text a plug-in gives, and belongs to the same part', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const event = eventSubject({ severity: Severity.ERROR, reason: text })
        const problem = problemSubject({ phase: ProblemPhase.OPENED, type: text })
        expect([event, problem, metricsSubject(text)].map((subject) => subject.split('.').length)).toEqual([4, 4, 3])
        expect([event, problem].map(partOf)).toEqual(['nd.event', 'nd.problem'])
        for (const subject of [event, problem]) expect(subject).toMatch(/^[A-Za-z0-9_.-]+$/)
      }),
    )
  })

  it('belongs to its bucket', () => {
    expect(partOf('$KV.problems.fp.more')).toBe('$KV.problems')
  })
})
