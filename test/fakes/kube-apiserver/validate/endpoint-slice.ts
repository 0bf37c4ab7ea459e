/** discovery.k8s.io/v1 EndpointSlices, after pkg/apis/discovery/validation. */
import { isIPv4, isIPv6 } from 'node:net'
import { isObject, isSame, type Json, type JsonObject, listAt, textAt, valueAt } from '../json.ts'
import type { Cause } from '../status.ts'
import { duplicate, invalidValue, required, tooMany, unsupported } from './cause.ts'
import { labelFaults, qualifiedFaults, subdomainFaults, valueFaults } from './names.ts'

const TYPES = ['FQDN', 'IPv4', 'IPv6'] as const
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'] as const
const ENDPOINTS_MAX = 1000
const ADDRESSES_MAX = 100
const PORTS_MAX = 20_000
const HINTS_MAX = 8
const NO_ADDRESS = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'

/** Ports have a name and a protocol; what was of an older version is taken away. */
export function defaultEndpointSlice(slice: JsonObject): void {
  for (const port of listAt(slice, 'ports').filter(isObject)) {
    port['name'] ??= ''
    port['protocol'] ??= 'TCP'
  }
  for (const endpoint of listAt(slice, 'endpoints').filter(isObject)) delete endpoint['deprecatedTopology']
}

/** The server's own checks come first, those that its schema declares last. */
export function validateEndpointSlice(slice: JsonObject): Cause[] {
  return [...validatePorts(slice), ...validateEndpoints(slice), ...declared(slice)]
}

export function validateEndpointSliceUpdate(slice: JsonObject, old: JsonObject): Cause[] {
  const isMoved = slice['addressType'] !== old['addressType']
  const immutable = isMoved ? [invalidValue('addressType', null, 'field is immutable')] : []
  // What was taken by an older server stays.
  const isKept = isSame(slice['endpoints'], old['endpoints'])
  if (isMoved) return [...validatePorts(slice), ...immutable]
  return [...validatePorts(slice), ...(isKept ? [] : validateEndpoints(slice)), ...declared(slice)]
}

function declared(slice: JsonObject): Cause[] {
  const type = textAt(slice, 'addressType')
  const causes: Cause[] = []
  if (type === '') causes.push(required('addressType'))
  else if (!TYPES.some((known) => known === type)) causes.push(unsupported('addressType', type, TYPES))
  const endpoints = listAt(slice, 'endpoints')
  if (endpoints.length > ENDPOINTS_MAX) return causes
  for (const [index, endpoint] of endpoints.entries()) {
    const field = `endpoints[${index}].addresses`
    const count = listAt(endpoint, 'addresses').length
    if (count === 0) causes.push(required(field))
    else if (count > ADDRESSES_MAX) causes.push(tooMany(field, count, ADDRESSES_MAX))
  }
  return causes
}

function validatePorts(slice: JsonObject): Cause[] {
  const ports = listAt(slice, 'ports')
  if (ports.length > PORTS_MAX) return [tooMany('ports', ports.length, PORTS_MAX)]
  const seen = new Set<string>()
  return ports.flatMap((port, index) => {
    const field = `ports[${index}]`
    const [name, protocol] = [textAt(port, 'name'), textAt(port, 'protocol')]
    const causes = name === '' ? [] : labelFaults(name).map((fault) => invalidValue(`${field}.name`, name, fault))
    if (seen.has(name)) causes.push(duplicate(`${field}.name`, name))
    seen.add(name)
    if (!PROTOCOLS.some((known) => known === protocol))
      causes.push(unsupported(`${field}.protocol`, protocol, PROTOCOLS))
    const application = valueAt(port, 'appProtocol')
    if (typeof application === 'string')
      causes.push(
        ...qualifiedFaults(application).map((fault) => invalidValue(`${field}.appProtocol`, application, fault)),
      )
    return causes
  })
}

function validateEndpoints(slice: JsonObject): Cause[] {
  const endpoints = listAt(slice, 'endpoints')
  if (endpoints.length > ENDPOINTS_MAX) return [tooMany('endpoints', endpoints.length, ENDPOINTS_MAX)]
  const type = textAt(slice, 'addressType')
  return endpoints.flatMap((endpoint, index) => {
    const field = `endpoints[${index}]`
    const addresses = listAt(endpoint, 'addresses').map(String)
    const causes = addresses.flatMap((address, at) => addressFaults(type, address, `${field}.addresses`, at))
    for (const [key, faultsOf] of [
      ['nodeName', subdomainFaults],
      ['hostname', labelFaults],
    ] as const) {
      const value = valueAt(endpoint, key)
      if (typeof value === 'string')
        causes.push(...faultsOf(value).map((fault) => invalidValue(`${field}.${key}`, value, fault)))
    }
    return [...causes, ...validateHints(valueAt(endpoint, 'hints'), `${field}.hints`)]
  })
}

function validateHints(hints: Json | undefined, field: string): Cause[] {
  const causes: Cause[] = []
  for (const [key, faultsOf] of [
    ['forZones', valueFaults],
    ['forNodes', subdomainFaults],
  ] as const) {
    const named = listAt(hints, key).map((one) => textAt(one, 'name'))
    if (named.length > HINTS_MAX) return [...causes, tooMany(`${field}.${key}`, named.length, HINTS_MAX)]
    for (const [index, name] of named.entries()) {
      const at = `${field}.${key}[${index}].name`
      if (named.indexOf(name) < index) causes.push(duplicate(at, name))
      causes.push(...faultsOf(name).map((fault) => invalidValue(at, name, fault)))
    }
  }
  return causes
}

function addressFaults(type: string, address: string, list: string, at: number): Cause[] {
  const field = `${list}[${at}]`
  const invalid = (why: string) => invalidValue(field, address, why)
  if (type === 'FQDN') return subdomainFaults(address).map(invalid)
  if (type !== 'IPv4' && type !== 'IPv6') return []
  const malformed = malformedWhy(address, type === 'IPv6')
  if (malformed !== undefined) return [invalid(malformed)]
  const isRight = type === 'IPv4' ? isIPv4(address) : isIPv6(address)
  const an = type === 'IPv4' ? 'an IPv4 address' : 'an IPv6 address'
  return [...(isRight ? [] : [invalidValue(list, address, `must be ${an}`)]), ...placeWhy(address).map(invalid)]
}

/** @param isCanonical whether it must be written as the server writes it */
function malformedWhy(address: string, isCanonical: boolean): string | undefined {
  if (isIPv4(address)) return undefined
  if (/^\d+(\.\d+){3}$/.test(address) && address.split('.').every((part) => Number(part) <= 255))
    return 'must not have leading 0s'
  if (!isIPv6(address) || address.includes('%')) return NO_ADDRESS
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1)
  if (canonical.startsWith('::ffff:')) return 'must not be an IPv4-mapped IPv6 address'
  return isCanonical && canonical !== address ? `must be in canonical form ("${canonical}")` : undefined
}

/** Addresses that are of nobody else. */
function placeWhy(address: string): string[] {
  if (address === '0.0.0.0' || address === '::') return [`may not be unspecified (${address})`]
  if (address.startsWith('127.') || address === '::1')
    return ['may not be in the loopback range (127.0.0.0/8, ::1/128)']
  if (address.startsWith('169.254.') || /^fe[89ab]/i.test(address))
    return ['may not be in the link-local range (169.254.0.0/16, fe80::/10)']
  if (address.startsWith('224.0.0.') || /^ff.2:/i.test(address))
    return ['may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)']
  return []
}
