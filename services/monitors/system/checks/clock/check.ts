/** `system-clock`: is the clock kept right, was it set? */
import { createLook, defineCheck } from '#monitor-kit'
import type { Config } from './config.ts'
import { clearClock, evaluateClock, FIRST_CLOCK, recallClock } from './evaluate.ts'
import { readClock } from './source.ts'

/** Of one question to the kernel; it answers in 5 ms. */
const ASK_TIMEOUT_MS = 3_000

export const clock = defineCheck<Config>({
  type: 'system-clock',
  description: 'Whether a time service keeps the clock right, and when the clock was set',
  intervalMs: 60_000,
  timeoutMs: 10_000,
  conditions: [
    {
      type: 'ClockUnsynchronised',
      description: 'No time service keeps the clock right, or none has answered for hours',
      label: 'clock not synchronised',
      healthyReason: 'InSync',
      healthyMessage: 'a time service keeps the clock right',
      recoveryText: '2 checks in a row find the clock synchronised and its possible error under the limit',
      source:
        'adjtimex(2): STA_UNSYNC and maxerror, asked through perl; else /run/systemd/timesync/synchronized; Unknown (NoClockSource) with neither',
      warning: 'not synchronised, or a possible error of 4 s (maxErrorWarningMs)',
      critical: 'a possible error of 10 s (maxErrorCriticalMs)',
      sustained: '3 checks in a row (sustainedUnsynchronisedChecks)',
    },
  ],
  events: [
    {
      reason: 'ClockJumped',
      severity: 'warning',
      description:
        'The clock was set by more than 2 s (jumpThresholdMs) between two checks; suspended time does not count',
    },
  ],
  metrics: [
    {
      name: 'clock_synchronised',
      help: '1 while the kernel says that the clock is kept right',
      kind: 'gauge',
      unit: '',
    },
    {
      name: 'clock_max_error_seconds',
      help: 'How wrong the clock may be by the kernel',
      kind: 'gauge',
      unit: 'seconds',
    },
    { name: 'clock_offset_seconds', help: 'What is left to correct of the clock', kind: 'gauge', unit: 'seconds' },
  ],
  create: ({ memory: kept }) =>
    createLook(kept, {
      first: FIRST_CLOCK,
      async look({ host, config, clock: hands }, memory) {
        const reading = await readClock(host, { architecture: process.arch, timeoutMs: ASK_TIMEOUT_MS })
        const now = { wallMs: hands.now().getTime(), monoMs: hands.monotonicMs() }
        return evaluateClock(reading, config, memory, now)
      },
      clear: clearClock,
      facts: { of: ({ hands }) => hands, recalled: recallClock },
    }),
})
