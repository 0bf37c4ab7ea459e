/** For tests: work of an account whom only modes give rights. */
const NOBODY = 65534

/** As the user nobody where the tests run as root, whom no mode keeps out; else as who runs them. */
export async function asNobody(work: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return work()
  process.setegid?.(NOBODY)
  process.seteuid?.(NOBODY)
  try {
    await work()
  } finally {
    process.seteuid?.(0)
    process.setegid?.(0)
  }
}
