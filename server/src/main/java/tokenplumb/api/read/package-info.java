/// Remote read: samples and chunks in Prometheus' protobuf messages. Start at [RemoteRead].
package tokenplumb.api.read;
