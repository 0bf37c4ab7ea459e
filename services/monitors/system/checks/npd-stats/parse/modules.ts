/** /proc/modules, and the list of those that belong to the system. Pure. */
import { fields } from '#monitor-kit/source'

/** A loaded module. */
export interface KernelModule {
  readonly name: string
  /** It taints the kernel: it was built out of its tree, or its license is none of the kernel's. */
  readonly isForeign: boolean
}

/** Modules in their order; lines that make no sense are left out. Undefined when none makes any. An empty file: none is loaded. */
export function parseModules(text: string): readonly KernelModule[] | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const modules = lines
    .map(fields)
    .filter((parts) => parts.length >= 6 && /^\d+$/.test(parts[1] ?? ''))
    .map(([name = '', , , , , , taints = '']) => ({ name, isForeign: /[OP]/.test(taints) }))
  return lines.length > 0 && modules.length === 0 ? undefined : modules
}

/** Names in a file like guestosconfig/known-modules.json; undefined when it is none. Keys may be in any case, as for Go. */
export function parseKnownModules(text: string): ReadonlySet<string> | undefined {
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!Array.isArray(list)) return undefined
  const entries = list.flatMap((item: unknown) =>
    typeof item === 'object' && item !== null ? Object.entries(item) : [],
  )
  const names = entries.filter(([key]) => key.toLowerCase() === 'modulename').map(([, name]: [string, unknown]) => name)
  return new Set(names.filter((name) => typeof name === 'string'))
}
