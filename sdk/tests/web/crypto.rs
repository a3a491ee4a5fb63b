//! Random bytes and signatures with Web Crypto.

use smartrust::platform::{Entropy, EntropyFailure, Json, Signer};
use smartrust::protocol::jwk::{Algorithm, PublicKey};
use smartrust::protocol::jwt::decode;
use smartrust::web::WebPlatform;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::browser;

const RSA_KEY: &str = r#"{"kty": "RSA", "e": "AQAB", "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}"#;
const RSA_TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
const EC_KEY: &str = r#"{"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
const EC_TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

/// Each algorithm, with Web Crypto's parameters for generating a key and for signing.
const ALGORITHMS: [(&str, &str, &str); 9] = [
    ("RS256", r#"{"name": "RSASSA-PKCS1-v1_5", "hash": "SHA-256"}"#, r#"{"name": "RSASSA-PKCS1-v1_5"}"#),
    ("RS384", r#"{"name": "RSASSA-PKCS1-v1_5", "hash": "SHA-384"}"#, r#"{"name": "RSASSA-PKCS1-v1_5"}"#),
    ("RS512", r#"{"name": "RSASSA-PKCS1-v1_5", "hash": "SHA-512"}"#, r#"{"name": "RSASSA-PKCS1-v1_5"}"#),
    ("PS256", r#"{"name": "RSA-PSS", "hash": "SHA-256"}"#, r#"{"name": "RSA-PSS", "saltLength": 32}"#),
    ("PS384", r#"{"name": "RSA-PSS", "hash": "SHA-384"}"#, r#"{"name": "RSA-PSS", "saltLength": 48}"#),
    ("PS512", r#"{"name": "RSA-PSS", "hash": "SHA-512"}"#, r#"{"name": "RSA-PSS", "saltLength": 64}"#),
    ("ES256", r#"{"name": "ECDSA", "namedCurve": "P-256"}"#, r#"{"name": "ECDSA", "hash": "SHA-256"}"#),
    ("ES384", r#"{"name": "ECDSA", "namedCurve": "P-384"}"#, r#"{"name": "ECDSA", "hash": "SHA-384"}"#),
    ("ES512", r#"{"name": "ECDSA", "namedCurve": "P-521"}"#, r#"{"name": "ECDSA", "hash": "SHA-512"}"#),
];

fn key(jwk: &str) -> PublicKey {
    PublicKey::read(&WebPlatform::default().parse(jwk).unwrap()).unwrap()
}

#[wasm_bindgen_test]
fn entropy_fills_the_buffer_differently_each_time() {
    let platform = WebPlatform::default();
    let mut draws = [[0; 32]; 3];
    draws.iter_mut().for_each(|draw| platform.fill(draw).unwrap());
    assert!(draws.iter().all(|draw| *draw != [0; 32]));
    assert!(draws[0] != draws[1] && draws[1] != draws[2] && draws[0] != draws[2]);
}

#[wasm_bindgen_test]
fn without_web_crypto_there_is_no_entropy_and_no_panic() {
    let _absent = browser::with(&js_sys::global(), "crypto", &wasm_bindgen::JsValue::UNDEFINED);
    assert_eq!(WebPlatform::default().fill(&mut [0; 32]), Err(EntropyFailure));
}

#[wasm_bindgen_test]
async fn i4_i12_every_algorithm_accepts_only_the_signature_of_its_key() {
    let platform = WebPlatform::default();
    for (name, making, signing) in ALGORITHMS {
        let algorithm = Algorithm::from_name(name).unwrap();
        let (owner, other) = (browser::new_key(making).await.unwrap(), browser::new_key(making).await.unwrap());
        let public = key(&browser::public_jwk(&owner).await);
        let verify = async |signature: &[u8]| platform.verify(&public, algorithm, signature, b"data").await;
        assert_eq!(verify(&browser::sign(signing, &owner, b"data").await).await, Ok(true), "{name}");
        assert_eq!(verify(&browser::sign(signing, &other, b"data").await).await, Ok(false), "{name}");
        assert_eq!(verify(&browser::sign(signing, &owner, b"date").await).await, Ok(false), "{name}");
    }
}

#[wasm_bindgen_test]
async fn the_browser_verifies_the_platforms_signatures() {
    let platform = WebPlatform::default();
    for (name, making, signing) in ALGORITHMS {
        let pair = browser::new_key(making).await.unwrap();
        let algorithm = Algorithm::from_name(name).unwrap();
        let signature = platform.sign(&vec![browser::private_key(&pair)], algorithm, b"data").await.unwrap();
        let verify = async |data: &[u8]| browser::verify(signing, &pair, &signature, data).await.unwrap().as_bool();
        assert_eq!(verify(b"data").await, Some(true), "{name}");
        assert_eq!(verify(b"date").await, Some(false), "{name}");
    }
}

#[wasm_bindgen_test]
async fn i4_a_key_with_empty_key_ops_is_rebuilt_though_web_crypto_refuses_it() {
    let published = RSA_KEY.replacen('{', r#"{"key_ops": [], "kid": "epic", "ext": false, "#, 1);
    let algorithm = r#"{"name": "RSASSA-PKCS1-v1_5", "hash": "SHA-256"}"#;
    assert!(browser::import_as_it_is(&published, algorithm).await.is_err());

    let platform = WebPlatform::default();
    let jwt = decode(&platform, RSA_TOKEN).unwrap();
    let verified = platform.verify(&key(&published), Algorithm::RS256, &jwt.signature, &jwt.signed).await;
    assert_eq!(verified, Ok(true));
}

#[wasm_bindgen_test]
async fn an_invalid_key_is_an_error_and_not_a_panic() {
    let platform = WebPlatform::default();
    let jwt = decode(&platform, EC_TOKEN).unwrap();
    for broken in [EC_KEY.replace("f83OJ", "AAAAA"), EC_KEY.replace("P-256", "P-384"), EC_KEY.replace("f83OJ", "***")] {
        let verified = platform.verify(&key(&broken), Algorithm::ES256, &jwt.signature, &jwt.signed).await;
        assert!(verified.is_err(), "{broken}");
    }
}
