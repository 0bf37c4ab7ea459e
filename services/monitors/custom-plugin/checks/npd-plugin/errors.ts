/** A custom-plugin-monitor file says something that cannot be done. */
export class PluginSettingsError extends Error {
  override readonly name = 'PluginSettingsError'
  readonly code = 'PLUGIN_SETTINGS'
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
  }
}
