//! A client's key pairs, with Web Crypto and IndexedDB.

use smartrust::platform::{Json, JsonView, Signer};
use smartrust::protocol::jwk::{Algorithm, PublicKey};
use smartrust::web::{ClientKeyPair, JsonValue, WebPlatform};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::browser;

const RSA: [Algorithm; 3] = [Algorithm::RS256, Algorithm::RS384, Algorithm::RS512];

fn parsed(json: &str) -> JsonValue {
    WebPlatform::default().parse(json).unwrap()
}

async fn key_file() -> JsonValue {
    JsonValue::from_js(browser::new_key_file().await.unwrap())
}

fn text(file: &JsonValue, member: &str) -> String {
    file.member_text(member).unwrap()
}

/// Whether the pair's published key verifies its signatures.
async fn signs(pair: &ClientKeyPair, algorithm: Algorithm) -> bool {
    let platform = WebPlatform::default();
    let signature = platform.sign(&pair.private_key().to_vec(), algorithm, b"data").await.unwrap();
    let public = PublicKey::read(&parsed(&pair.public_jwk())).unwrap();
    platform.verify(&public, algorithm, &signature, b"data").await.unwrap()
}

#[wasm_bindgen_test]
async fn k4_a_generated_key_signs_and_cannot_be_exported() {
    for algorithm in RSA.into_iter().chain([Algorithm::ES256, Algorithm::ES384, Algorithm::ES512]) {
        let pair = ClientKeyPair::generate(algorithm, false).await.unwrap();
        assert!(signs(&pair, algorithm).await, "{}", algorithm.name());
        let [private] = pair.private_key() else { panic!("one form") };
        assert_eq!(browser::can_be_read_out(private).await.unwrap(), false, "{}", algorithm.name());
        let public = parsed(&pair.public_jwk());
        assert_eq!(public.member_text("alg").as_deref(), Some(algorithm.name()));
        assert_eq!(public.member_text("kid"), Some(pair.thumbprint()));
        assert_eq!(public.member_text("use").as_deref(), Some("sig"));
        assert!(public.member("d").is_none());
    }
    assert_eq!(ClientKeyPair::generate(Algorithm::PS256, false).await.unwrap_err().code(), "invalid_configuration");
    let readable = ClientKeyPair::generate(Algorithm::ES384, true).await.unwrap();
    assert_eq!(browser::can_be_read_out(&readable.private_key()[0]).await.unwrap(), true);
}

#[wasm_bindgen_test]
async fn k4_the_files_of_one_key_are_all_imported_as_that_key() {
    let file = key_file().await;
    let thumbprint = PublicKey::read(&parsed(&text(&file, "publicJwk"))).unwrap().thumbprint();
    let carried = text(&file, "pkcs1").replace('\n', "\r\n   ");
    let pairs = [
        ClientKeyPair::import_pem(&text(&file, "pkcs8")).await.unwrap(),
        ClientKeyPair::import_pem(&text(&file, "pkcs1")).await.unwrap(),
        ClientKeyPair::import_pem(&carried).await.unwrap(),
        ClientKeyPair::import_jwk(&text(&file, "jwk").replace("\"alg\":\"RS384\",", "")).await.unwrap(),
    ];
    for pair in &pairs {
        assert_eq!(pair.thumbprint(), thumbprint);
        for algorithm in RSA {
            assert!(signs(pair, algorithm).await);
        }
        for form in pair.private_key() {
            assert_eq!(browser::can_be_read_out(form).await.unwrap(), false);
        }
        assert_eq!(pair.public_pem().await.unwrap(), text(&file, "publicPem"));
        assert_eq!(parsed(&pair.jwk_set()).member_items("keys").len(), 1);
    }
    assert_eq!((pairs[0].kid(), pairs[3].kid()), (thumbprint.as_str(), "mine"));
}

#[wasm_bindgen_test]
async fn k4_a_pair_is_stored_by_name_and_signs_after_it_was_loaded() {
    let pair = ClientKeyPair::generate(Algorithm::ES384, false).await.unwrap();
    pair.save("kept by a test").await.unwrap();
    let loaded = ClientKeyPair::load("kept by a test").await.unwrap().unwrap();
    assert_eq!((loaded.kid(), loaded.public_jwk()), (pair.kid(), pair.public_jwk()));
    assert!(signs(&loaded, Algorithm::ES384).await);
    assert_eq!(browser::can_be_read_out(&loaded.private_key()[0]).await.unwrap(), false);
    assert!(ClientKeyPair::names().await.unwrap().contains(&"kept by a test".to_owned()));
    ClientKeyPair::remove("kept by a test").await.unwrap();
    assert!(ClientKeyPair::load("kept by a test").await.unwrap().is_none());
}

#[wasm_bindgen_test]
async fn k4_without_indexed_db_storing_is_a_typed_error() {
    let pair = ClientKeyPair::generate(Algorithm::ES384, false).await.unwrap();
    let _absent = browser::with(&js_sys::global(), "indexedDB", &wasm_bindgen::JsValue::UNDEFINED);
    assert_eq!(pair.save("nowhere").await.unwrap_err().code(), "storage_unavailable");
    assert_eq!(ClientKeyPair::load("nowhere").await.unwrap_err().code(), "storage_unavailable");
}

#[wasm_bindgen_test]
async fn k4_another_kind_of_key_is_refused_with_a_reason() {
    let public = text(&key_file().await, "publicJwk");
    for (jwk, reason) in [
        (public.as_str(), "the member d"),
        ("{", "not JSON"),
        (r#"{"kty": "oct", "d": "AA"}"#, "not an RSA or elliptic-curve key"),
        (r#"{"kty": "RSA", "n": "AQAB", "e": "AQAB", "d": "AQAB"}"#, "2048 bits"),
        (r#"{"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA", "d": "AA"}"#, "curve"),
        (r#"{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "AA"}"#, "cannot import it"),
    ] {
        let refused = ClientKeyPair::import_jwk(jwk).await.unwrap_err();
        assert!(refused.message().contains(reason), "{}", refused.message());
    }
}
