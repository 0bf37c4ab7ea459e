/** Where the kubelet is asked. Pure. */
import type { Place } from '#probe'

const LOOPBACK = ['127.0.0.1', '[::1]']

/** The address and port of a URL whose host is an address; without a port that of its protocol. */
export function placeOf(url: URL): Place {
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
  return { address: url.hostname.replace(/^\[|\]$/g, ''), port }
}

/** The URL, and where its host is a loopback address the same at the other one: a kubelet listens at one of them. */
export function bothFamilies(healthzURL: string): readonly URL[] {
  const url = new URL(healthzURL)
  if (!LOOPBACK.includes(url.hostname)) return [url]
  const other = new URL(url)
  other.hostname = LOOPBACK.find((host) => host !== url.hostname) ?? url.hostname
  return [url, other]
}

/** The place of a URL; undefined where its host is a name, which nobody looks up here, and for what is no URL. */
export function placeIn(server: string): Place | undefined {
  if (!URL.canParse(server)) return undefined
  const url = new URL(server)
  return /^\[|^\d{1,3}(?:\.\d{1,3}){3}$/.test(url.hostname) ? placeOf(url) : undefined
}
