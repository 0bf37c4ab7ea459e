/** What a polled plug-in says of itself beside what the configuration says of it, in words for who wrote either. Pure. */
import { cleanText } from '#model'
import type { MonitorMetadata } from '#proto/npd/external/v1/external_monitor.ts'
import type { KnownMonitor } from './declare.ts'

/** Of this protocol there is one version. */
const API_VERSION = 'v1'
/** Types that are named in one sentence. */
const NAMED_MAX = 8

function listed(types: readonly string[]): string {
  const named = types.slice(0, NAMED_MAX).map((type) => cleanText(type, 63))
  const more = types.length - named.length
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** How the two differ; nothing where nobody configured it, or where they say the same. What is not said differs from nothing. */
export function differencesOf(metadata: MonitorMetadata, known: KnownMonitor): readonly string[] {
  if (known.origin !== 'configured') return []
  const { name, apiVersion, supportedConditions } = metadata
  const differences: string[] = []
  if (name !== '' && name !== known.name)
    differences.push(`it calls itself ${JSON.stringify(cleanText(name, 60))}, and the configuration ${known.name}`)
  if (apiVersion !== '' && apiVersion !== API_VERSION)
    differences.push(
      `it speaks version ${JSON.stringify(cleanText(apiVersion, 40))} of its protocol, not ${API_VERSION}`,
    )
  const configured = known.conditions.map(({ type }) => type)
  if (supportedConditions.length === 0 || configured.length === 0) return differences
  const unsupported = configured.filter((type) => !supportedConditions.includes(type))
  const unnamed = supportedConditions.filter((type) => !configured.includes(type))
  if (unsupported.length > 0)
    differences.push(`the configuration has conditions that it does not say it supports: ${listed(unsupported)}`)
  if (unnamed.length > 0)
    differences.push(`it says that it supports conditions that the configuration does not have: ${listed(unnamed)}`)
  return differences
}
