// npm oidc-provider as a nation would run it, on loopback: node provider.mjs FOLDER PORT REDIRECT_URI SIGN_OUT_URI
// Its own built-in pages ask for login and consent; subjects are made for each client alone.
import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';

const [folder, port, redirect, signOut] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(`${folder}/node_modules/oidc-provider/lib/index.js`));
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: 'relto-usa',
      client_secret: "a secret of the portal's own, with + and /",
      redirect_uris: [redirect],
      response_types: ['code'],
      grant_types: ['authorization_code'],
      token_endpoint_auth_method: 'client_secret_basic',
      subject_type: 'pairwise',
      backchannel_logout_uri: signOut,
      backchannel_logout_session_required: true,
    },
  ],
  subjectTypes: ['pairwise'],
  pairwiseIdentifier: (_, account, client) =>
    createHash('sha256').update(`${client.clientId} ${account}`).digest('hex'),
  features: { backchannelLogout: { enabled: true } },
  // Without its guard against private addresses: here the portal is on this machine.
  fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
  pkce: { required: () => true },
  cookies: { keys: ['only a test'] },
});
provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
