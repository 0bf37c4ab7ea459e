/** What stands under a name that came from outside: never what every object has, whatever the name is ("constructor"). Pure. */
export function named<T>(all: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(all, name) ? all[name] : undefined
}
