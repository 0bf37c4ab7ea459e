/** Which protocols it speaks, and what gRPC has beside them. */
import { cleanText } from '#model'
import type { Rule } from '../types.ts'
import { fail, failedWords, ofAnswer, pass, skip } from '../verdict.ts'

const SERVING = 1

export const protocolRules: readonly Rule[] = [
  {
    id: 'protocol',
    level: 'must',
    why: 'It speaks gRPC, and one of the two protocols or both.',
    judge: ({ external, monitor, notSpoken }) => {
      const spoken = [...(monitor ? ['nodedoctor.v1'] : []), ...(external ? ['npd.external.v1'] : [])]
      if (spoken.length > 0) return pass(spoken.join(' and '))
      return fail(
        `it speaks neither: ${cleanText(notSpoken, 160)}`,
        'serve npd.external.v1.ExternalMonitor or nodedoctor.v1.Monitor without TLS',
      )
    },
  },
]

export const standingRules: readonly Rule[] = [
  {
    id: 'health',
    level: 'should',
    of: 'nodedoctor.v1',
    why: 'grpc.health.v1 says that it serves: probes and people ask it.',
    judge: ({ health }) => {
      if (health.kind === 'failed')
        return fail(`grpc.health.v1 failed: ${failedWords(health)}`, "register your library's health service")
      return ofAnswer('grpc.health.v1', health, ({ status }) =>
        status === SERVING ? pass('SERVING') : fail(`it says the status ${status}`, 'say SERVING (1) once you answer'),
      )
    },
  },
  {
    id: 'reflection',
    level: 'should',
    of: 'nodedoctor.v1',
    why: 'grpc.reflection.v1 lists nodedoctor.v1.Monitor: by it grpcurl needs no files.',
    judge: ({ reflection }) => {
      if (reflection.kind === 'failed')
        return fail(
          `grpc.reflection.v1 failed: ${failedWords(reflection)}`,
          "register your library's reflection service",
        )
      if (reflection.kind === 'not-asked') return skip(reflection.why)
      const isListed = reflection.value.includes('nodedoctor.v1.Monitor')
      if (isListed) return pass('nodedoctor.v1.Monitor is listed')
      return fail('it does not list nodedoctor.v1.Monitor', 'register it before the server starts')
    },
  },
]
