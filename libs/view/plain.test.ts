import { describe, expect, it } from 'vitest'
import { renderNodeView } from './node.ts'
import { limitOf, renderEvidence, renderNumber, renderPlainText } from './plain.ts'
import { ago, NOW, someCondition, someFacts, someProblem } from './testing.ts'

describe('the plain text', () => {
  it('has the verdict and the open problems', () => {
    const facts = someFacts({ conditions: [someCondition({ health: 'problem' })], problems: [someProblem()] })
    expect(renderPlainText(renderNodeView(facts, NOW), NOW)).toBe(
      [
        'worker-7  10.20.4.17',
        '1 problem: /var is 96 % full, for 4 min.',
        'No condition is known to be healthy.',
        '',
        'Open problems, worst first:',
        '',
        '/var is 96 % full',
        '  Critical for 4 min, since 03:10:11 UTC  (DiskFull  disk:/var  AboveCriticalLimit)',
        '  96.2 % used, limit 95 %. 7.6 GiB of 200 GiB free.',
        '  Gone when: 2 checks in a row find it under 90 %.',
        '',
      ].join('\n'),
    )
  })

  it('has what was resolved last when nothing is open', () => {
    const resolved = someProblem({
      phase: 'resolved',
      opened: ago(1000),
      resolved: ago(460),
      openMs: 540_000,
      proofText: '2 checks under 90 %',
    })
    expect(renderPlainText(renderNodeView(someFacts({ problems: [resolved] }), NOW), NOW)).toContain(
      'Resolved last:\n  03:06:40 UTC  over after 9 min: /var is 96 % full (2 checks under 90 %)\n',
    )
  })

  it.each([
    [0, 'over, how long it was open is not known'],
    [-1, 'over, how long it was open is not known'],
    [Number.NaN, 'over, how long it was open is not known'],
    [40, 'over within a second'],
    [1000, 'over after 1 s'],
    [720_000, 'over after 12 min'],
  ])('tells a problem that was open for %d ms as "%s"', (openMs, words) => {
    const resolved = someProblem({ phase: 'resolved', opened: ago(1000), resolved: ago(460), openMs })
    expect(renderPlainText(renderNodeView(someFacts({ problems: [resolved] }), NOW), NOW)).toContain(
      `  03:06:40 UTC  ${words}: /var is 96 % full\n`,
    )
  })

  it('speaks of the past when it is stale', () => {
    const detector = { state: 'stale', lastHeartbeat: ago(90), listeningSince: ago(900) } as const
    const text = renderPlainText(renderNodeView(someFacts({ detector, problems: [someProblem()] }), NOW), NOW)
    expect(text).toContain('Problems open then, worst first:')
    expect(text).toContain('  Critical since 03:10:11 UTC')
  })

  it('says what is doubtful of a problem', () => {
    const problems = [someProblem({ unproven: true, flapping: true, evidence: undefined })]
    const text = renderPlainText(renderNodeView(someFacts({ problems }), NOW), NOW)
    expect(text).toContain('Known from before the reboot; not looked at since.')
    expect(text).toContain('It comes and goes; its recovery is held back.')
    expect(text).toContain('  96.2 % of 200 GiB used')
  })
})

describe('evidence', () => {
  const evidence = {
    value: 90,
    unit: '%',
    warning: 85,
    critical: 95,
    lowIsBad: false,
    label: 'used',
    detail: '',
    metric: '',
  }

  it('stands beside the limit it passed, else beside the next', () => {
    expect(limitOf(evidence)).toBe(85)
    expect(limitOf({ ...evidence, value: 96 })).toBe(95)
    expect(limitOf({ ...evidence, value: 3, warning: 10, critical: 5, lowIsBad: true })).toBe(5)
    expect(limitOf({ ...evidence, warning: undefined, critical: undefined })).toBeUndefined()
  })

  it('reads as one line', () => {
    expect(renderEvidence(evidence)).toBe('90 % used, limit 85 %.')
    expect(
      renderEvidence({ ...evidence, unit: '', label: '', warning: undefined, critical: undefined, value: 14 }),
    ).toBe('14.')
  })

  it.each([
    [96.234, '96.23'],
    [0.00423, '0.004'],
    [1234.5, '1,235'],
    [150.26, '150.3'],
    [7, '7'],
    [Number.NaN, '–'],
  ])('%d reads %s', (value, words) => {
    expect(renderNumber(value)).toBe(words)
  })
})
