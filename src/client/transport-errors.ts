import { ClientError, isTold } from './errors.ts';

/** Why nobody answers, by Node's code. */
const UNREACHABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name could not be looked up',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to the network',
  ECONNABORTED: 'the connection was given up',
  EADDRNOTAVAIL: 'the address cannot be used from here',
};

const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR']);

/** OpenSSL's and Node's words for a certificate that is not to be trusted. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME|HOSTNAME_MISMATCH/;

const codeOf = (error: unknown): string => {
  const { code, errors } = (error ?? {}) as { code?: unknown; errors?: unknown };
  if (typeof code === 'string') return code;
  // Several addresses were tried, and none answered.
  return Array.isArray(errors) && errors.length > 0 ? codeOf(errors[0]) : '';
};

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What a failing connection to `endpoint` means, in words of its own. What is already told stays as it is. */
export function transportError(endpoint: URL, cause: unknown): Error {
  if (isTold(cause)) return cause;
  const at = endpoint.origin;
  const code = codeOf(cause);
  const because = UNREACHABLE[code];
  if (because !== undefined) {
    const hint = 'is the server running, and is the endpoint right?';
    return new ClientError('EUNREACHABLE', `cannot reach ${at}: ${because}`, { hint, cause });
  }
  if (code === 'ETIMEDOUT') return noAnswer(at, 'the connection', cause);
  if (code.startsWith('HPE_')) return notHttp(endpoint, cause);
  if (endpoint.protocol === 'https:') {
    const tls = tlsError(endpoint, code, cause);
    if (tls !== undefined) return tls;
  }
  if (BROKEN.has(code)) {
    const hint = 'try again; a proxy between here and the server may have a limit of its own';
    return new ClientError('EBROKEN', `the connection to ${at} broke off`, { hint, cause });
  }
  return new ClientError('EUNREACHABLE', `cannot talk to ${at}: ${wordsOf(cause)}`, { cause });
}

/** What is there does not speak HTTP: most often because it expects TLS. */
function notHttp(endpoint: URL, cause: unknown): ClientError {
  const isHttp = endpoint.protocol === 'http:';
  return new ClientError('ESCHEME', `${endpoint.origin} does not answer in HTTP`, {
    hint: isHttp ? `try https://${endpoint.host}` : 'is the port right?',
    cause,
  });
}

function tlsError(endpoint: URL, code: string, cause: unknown): ClientError | undefined {
  const words = wordsOf(cause);
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || /wrong version number|packet length too long/i.test(words)) {
    return new ClientError('ESCHEME', `${endpoint.origin} does not speak TLS`, {
      hint: `try http://${endpoint.host}`,
      cause,
    });
  }
  if (CERTIFICATE.test(code)) {
    return new ClientError('ETLS', `the certificate of ${endpoint.origin} is not trusted: ${words}`, {
      hint: 'name the authority that signed it in NODE_EXTRA_CA_CERTS',
      cause,
    });
  }
  const isTls = code.startsWith('ERR_SSL') || code === 'EPROTO' || /TLS connection/.test(words);
  if (!isTls) return undefined;
  const hint = 'is this the port for https?';
  return new ClientError('ETLS', `no TLS connection to ${endpoint.origin}: ${words}`, { hint, cause });
}

/** The server was silent for longer than it may be. */
export function noAnswer(at: string, what: string, cause?: unknown): ClientError {
  return new ClientError('ENOANSWER', `no answer from ${at}: ${what} timed out`, {
    hint: 'the server may be busy or a firewall in between: try again, or wait longer with --timeout',
    ...(cause === undefined ? {} : { cause }),
  });
}
