package tokenplumb.http;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.LinkedHashMap;
import java.util.Map;

import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/// One TLS context for each [Fetch.Tls] in use, so that sessions are resumed. The oldest leave when
/// there are many. Guarded by itself.
final class TlsContexts {
    private static final int MOST = 256;

    private final Vertx vertx; // reads PEM
    private final Map<Fetch.Tls, SSLContext> known = new LinkedHashMap<>();

    TlsContexts(Vertx vertx) {
        this.vertx = vertx;
    }

    /// Throws [SSLException] when a certificate or key cannot be read.
    synchronized SSLContext of(Fetch.Tls tls) throws SSLException {
        var context = known.get(tls);
        if (context == null) {
            if (known.size() == MOST) {
                known.remove(known.keySet().iterator().next());
            }
            context = context(tls);
            known.put(tls, context);
        }
        return context;
    }

    private SSLContext context(Fetch.Tls tls) throws SSLException {
        try {
            var context = SSLContext.getInstance("TLS");
            context.init(keys(tls), trust(tls), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new SSLException(e.getMessage(), e);
        }
    }

    private KeyManager[] keys(Fetch.Tls tls) throws SSLException {
        if (tls.certificate().isEmpty()) {
            return new KeyManager[0];
        }
        try {
            return new PemKeyCertOptions()
                    .addCertValue(Buffer.buffer(tls.certificate()))
                    .addKeyValue(Buffer.buffer(tls.key()))
                    .getKeyManagerFactory(vertx)
                    .getKeyManagers();
        } catch (Exception e) {
            throw new SSLException("our certificate or key is broken: " + e.getMessage(), e);
        }
    }

    private TrustManager[] trust(Fetch.Tls tls) throws SSLException {
        if (tls.skipVerify()) {
            return new TrustManager[] {new Credulous()};
        }
        if (tls.authorities().isEmpty()) {
            return null; // the system's
        }
        try {
            return new PemTrustOptions()
                    .addCertValue(Buffer.buffer(tls.authorities()))
                    .getTrustManagerFactory(vertx)
                    .getTrustManagers();
        } catch (Exception e) {
            throw new SSLException("the authorities are broken: " + e.getMessage(), e);
        }
    }

    /// Trusts whoever answers, as the user has said.
    private static final class Credulous extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
