/** Whether a text names a place by a scheme, as `s3://`. */
export const isUrl = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text);

/** Whether a SOURCE is a path or a URL. A bare name is a database of the server. */
export const isPlace = (text: string): boolean => text.includes('/');
