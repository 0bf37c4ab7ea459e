/** What the answers of endpoints say. Pure. */
import type { MetricSample } from '#model'
import type { Finding } from '#monitor-kit'
import { unknownFinding, unobserved } from '#monitor-kit/evaluate'
import type { Config } from './config.ts'
import { judgeCertificate } from './judge-certificate.ts'
import { judgeEndpoint, tellingOf } from './judge-endpoint.ts'
import { type ConnectivityMemory, endpointEntity, FIRST_ENDPOINT } from './memory.ts'
import type { Answered } from './source.ts'

export interface ConnectivityVerdict {
  readonly memory: ConnectivityMemory
  readonly findings: readonly Finding[]
  readonly metrics: readonly MetricSample[]
}

function showsCertificate({ endpoint: { url } }: Answered): boolean {
  return url.protocol === 'https:' || url.protocol === 'tls:'
}

function certificateFinding({ endpoint: { name }, attempts }: Answered, config: Config, now: Date): Finding {
  const last = tellingOf(attempts, config)
  const failure = last?.failure
  if (failure?.kind === 'local' || failure?.kind === 'denied') {
    return unknownFinding(
      'EndpointCertificateExpiring',
      unobserved('CouldNotAsk', failure.message),
      endpointEntity(name),
    )
  }
  return judgeCertificate(name, last?.certificate, config, now)
}

/** @param now to hold certificates against */
export function evaluateConnectivity(
  answered: readonly Answered[],
  config: Config,
  memory: ConnectivityMemory,
  now: Date,
): ConnectivityVerdict {
  const verdicts = answered.map((one) => ({
    name: one.endpoint.name,
    ...judgeEndpoint(one, memory.get(one.endpoint.name) ?? FIRST_ENDPOINT, config),
    certificates: showsCertificate(one) ? [certificateFinding(one, config, now)] : [],
  }))
  return {
    memory: new Map(verdicts.map((one) => [one.name, one.memory])),
    findings: verdicts.flatMap(({ findings, certificates }) => [...findings, ...certificates]),
    metrics: verdicts.flatMap(({ metrics }) => metrics),
  }
}
