package tokenplumb.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;

import java.util.LinkedHashMap;
import java.util.Map;

/// One set of TLS options for each [Fetch.Tls] in use, because connections are shared by those who
/// use the same object. The oldest leave when there are many. Guarded by itself.
final class TlsContexts {
    private static final int MOST = 256;

    private final Map<Fetch.Tls, ClientSSLOptions> known = new LinkedHashMap<>();

    synchronized ClientSSLOptions of(Fetch.Tls tls) {
        var options = known.get(tls);
        if (options == null) {
            if (known.size() == MOST) {
                known.remove(known.keySet().iterator().next());
            }
            options = options(tls);
            known.put(tls, options);
        }
        return options;
    }

    private static ClientSSLOptions options(Fetch.Tls tls) {
        var options = new ClientSSLOptions();
        options.setTrustAll(tls.skipVerify());
        options.setHostnameVerificationAlgorithm(tls.skipVerify() ? "" : "HTTPS");
        if (!tls.authorities().isEmpty()) {
            options.setTrustOptions(
                    new PemTrustOptions().addCertValue(Buffer.buffer(tls.authorities())));
        }
        if (!tls.certificate().isEmpty()) {
            options.setKeyCertOptions(
                    new PemKeyCertOptions()
                            .addCertValue(Buffer.buffer(tls.certificate()))
                            .addKeyValue(Buffer.buffer(tls.key())));
        }
        return options;
    }
}
