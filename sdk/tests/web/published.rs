//! Published signatures of the standards, verified by Web Crypto. `tests/published` does the same with Rust cryptography.

use smartrust::platform::{Json, JsonView, Signer};
use smartrust::protocol::encoding::base64url_decode;
use smartrust::protocol::jwk::{Algorithm, PublicKey, candidates};
use smartrust::web::{ClientKeyPair, WebPlatform};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn i4_i12_the_published_signatures_verify_and_with_a_changed_byte_do_not() {
    let platform = WebPlatform::default();
    let examples = platform.parse(include_str!("../published/examples.json")).unwrap().member_items("verified");
    assert_eq!(examples.len(), 7);
    for example in examples {
        let source = example.member_text("source").unwrap();
        let algorithm = Algorithm::from_name(&example.member_text("alg").unwrap()).unwrap();
        let compact = example.member_text("compact").unwrap();
        let (signed, signature) = compact.rsplit_once('.').unwrap();
        let signature = base64url_decode(signature).unwrap();
        let keys = PublicKey::read_set(&example.member("keys").unwrap());
        let [key] = candidates(&keys, None, algorithm)[..] else { panic!("{source}") };
        let holds = async |signature: &[u8], signed: &[u8]| platform.verify(key, algorithm, signature, signed).await;

        assert_eq!(holds(&signature, signed.as_bytes()).await, Ok(true), "{source}");
        let mut changed = signature.clone();
        changed[40] ^= 1;
        assert_eq!(holds(&changed, signed.as_bytes()).await, Ok(false), "{source}");
        let mut changed = signed.as_bytes().to_vec();
        changed[30] ^= 1;
        assert_eq!(holds(&signature, &changed).await, Ok(false), "{source}");
        assert_eq!(holds(&[], signed.as_bytes()).await, Ok(false), "{source}");
    }
}

#[wasm_bindgen_test]
async fn k3_a_signature_with_the_published_key_is_the_published_one() {
    let platform = WebPlatform::default();
    let examples = platform.parse(include_str!("../published/examples.json")).unwrap().member_items("verified");
    let mut signed_by = Vec::new();
    for example in examples {
        let Some(signing_key) = example.member("signing_key") else { continue };
        let name = example.member_text("alg").unwrap();
        let private = ClientKeyPair::import_jwk(&signing_key.to_json()).await.unwrap();
        let algorithm = Algorithm::from_name(&name).unwrap();
        let compact = example.member_text("compact").unwrap();
        let (signed, published) = compact.rsplit_once('.').unwrap();
        let signature = platform.sign(&private.private_key().to_vec(), algorithm, signed.as_bytes()).await.unwrap();

        // ECDSA uses a new random number each time, so its signatures differ, and all verify.
        if name.starts_with("RS") {
            assert_eq!(signature, base64url_decode(published).unwrap(), "{name}");
        }
        let keys = PublicKey::read_set(&example.member("keys").unwrap());
        let [key] = candidates(&keys, None, algorithm)[..] else { panic!("{name}") };
        assert_eq!(platform.verify(key, algorithm, &signature, signed.as_bytes()).await, Ok(true), "{name}");
        signed_by.push(name);
    }
    assert_eq!(signed_by, ["RS256", "ES512", "RS384", "ES384"]);
}
