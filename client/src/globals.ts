/**
 * Imported before Alpine, which reads every global there is so that no expression can reach them.
 *
 * Chromium reports whoever reads this one for using a deprecated feature.
 */
Reflect.deleteProperty(window, 'fence')
