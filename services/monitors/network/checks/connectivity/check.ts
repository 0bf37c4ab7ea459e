/** `network-connectivity-check`: do the endpoints answer that the configuration names, as they should, and fast? */
import { createLook } from '#monitor-kit'
import { createNames } from '../../names/names.ts'
import { defineNetworkCheck } from '../../network-check.ts'
import { doorOf } from '../../probing/door.ts'
import type { Config } from './config.ts'
import { endpointsOf } from './endpoints.ts'
import { evaluateConnectivity } from './evaluate.ts'
import { type ConnectivityMemory, clearConnectivity } from './memory.ts'
import { askAllEndpoints, budgetOf, createReadTrust } from './source.ts'

const LASTS = '2 checks in a row (sustainedChecks)'
/** Of one nameserver: there are others. */
const NAME_TIMEOUT_MS = 2_000

export const connectivity = defineNetworkCheck<Config>({
  type: 'network-connectivity-check',
  aliases: ['http-health-check'],
  description: 'Whether the named endpoints answer over TCP, TLS or HTTP, and how long their certificates are valid',
  leavesNode: true,
  instances: 'many',
  intervalMs: 30_000,
  timeoutMs: 25_000,
  conditions: [
    {
      type: 'EndpointUnreachable',
      description: 'A named endpoint does not answer as it should',
      label: '{entity} unreachable',
      healthyReason: 'Answers',
      healthyMessage: 'answers as it should',
      recoveryText: '2 checks in a row find the expected answer',
      source: 'a connection, a handshake or a request, as the URL says; names as the programs of the node look them up',
      warning: 'no connection, no answer, not the expected status, a certificate that is not taken',
      critical: 'none',
      sustained: LASTS,
    },
    {
      type: 'EndpointSlow',
      description: 'A named endpoint takes long to answer',
      label: '{entity} slow',
      healthyReason: 'AnswersFast',
      healthyMessage: 'answers fast',
      recoveryText: '2 checks in a row find it under the limit',
      source: 'the time from connecting to the whole answer',
      warning: '2 s (latencyWarningMs)',
      critical: 'none',
      sustained: LASTS,
    },
    {
      type: 'EndpointCertificateExpiring',
      description: 'The certificate of a named endpoint ends soon, or has ended',
      label: 'certificate of {entity} expiring',
      healthyReason: 'CertificateValid',
      healthyMessage: 'its certificate is valid for long enough',
      recovery: { kind: 'healthy-checks', count: 1 },
      recoveryText: 'a check is shown a later certificate',
      source: 'the certificate that is shown in the handshake',
      warning: 'fewer than 30 days (certificateDays) and 8 % of its life left',
      critical: 'fewer than 7 days (certificateLastDays) and 2 % of its life left, or over',
      sustained: 'at once',
    },
  ],
  metrics: [
    {
      name: 'network_endpoint_reachable',
      help: '1 where the endpoint answered as it should in the last round',
      kind: 'gauge',
      unit: '',
    },
    {
      name: 'network_endpoint_answer_seconds',
      help: 'How long the endpoint took to answer',
      kind: 'gauge',
      unit: 'seconds',
    },
  ],
  create({ host, memory: kept, clock, stopwatch, shared, name, timeoutMs, config: written }) {
    const budgetMs = budgetOf(timeoutMs)
    const config = { ...written, requestTimeoutMs: Math.min(written.requestTimeoutMs, budgetMs) }
    const door = doorOf(shared)
    const { endpoints, faults } = endpointsOf(config, name)
    const readTrust = createReadTrust(host, config)
    const first: ConnectivityMemory = new Map()
    return createLook(kept, {
      first,
      async look({ signal }, memory) {
        const ask = { clock, stopwatch, timeoutMs: config.requestTimeoutMs, signal }
        const askNames = { ...ask, timeoutMs: Math.min(NAME_TIMEOUT_MS, config.requestTimeoutMs) }
        const names = createNames(host, door, askNames, config.resolvConfPath)
        const isTrusting = endpoints.some(({ url }) => url.protocol === 'https:' || url.protocol === 'tls:')
        const trust = isTrusting ? await readTrust() : ''
        const answered = await askAllEndpoints({ door, ask, names, trust, config, budgetMs }, endpoints, clock)
        const verdict = evaluateConnectivity(answered, config, memory, clock.now())
        return faults.length === 0 ? verdict : { ...verdict, incomplete: faults.join('; ') }
      },
      clear: clearConnectivity,
    })
  },
})
