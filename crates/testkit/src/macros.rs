//! One test for each law.

mod laws;

/// Makes a module with one test for each law about stores.
///
/// `store_conformance!(name, harness)`: `harness` makes a new [`StoreHarness`](crate::StoreHarness) for each test, over
/// its own empty store; it may use `.await`. `except: [law, …]` lists the laws that do not apply, because the harness has
/// no access behind the ports. A listed law that applies fails.
///
/// ```
/// testkit::store_conformance!(memory, testkit::MemoryHarness::new());
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! store_conformance {
    ($name:ident, $harness:expr $(, except: [$($law:ident),* $(,)?])? $(,)?) => {
        #[cfg(test)]
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            const EXCEPT: &[&str] = &[$($($crate::__law_name!(store $law)),*)?];
            $crate::__store_laws! { __law_tests [store ($harness)] }
        }
    };
}

/// Makes a module with one test for each law about issuers.
///
/// `issuer_conformance!(name, harness)`: `harness` makes a new [`IssuerHarness`](crate::IssuerHarness) for each test;
/// it may use `.await`. `except: [law, …]` lists the laws that do not apply, because the issuer does not promise them or
/// the harness does not support what they need. A listed law that applies fails, and so does one that does not apply and
/// is not listed.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// use auth_core::{Issuer, Lifetime, SecretKey, Tracked};
/// use testkit::{InProcess, Parts, SimpleIssuer};
///
/// fn build(parts: &Parts) -> Arc<dyn Issuer> {
///     let key = SecretKey::from_bytes([1; 32]);
///     let life = Lifetime::Limited(Duration::from_secs(900));
///     let (clock, entropy) = (parts.clock.clone(), parts.entropy.clone());
///     let simple = SimpleIssuer::new(parts.flavour.clone(), life, key, clock, entropy);
///     Arc::new(Tracked::new(simple, parts.registry.clone()))
/// }
///
/// testkit::issuer_conformance!(tracked, InProcess::in_memory(build).await,
///     except: [
///         without_its_key_a_token_is_refused,
///         a_token_until_revoked_does_not_expire,
///         // and so on
///     ]);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! issuer_conformance {
    ($name:ident, $harness:expr $(, except: [$($law:ident),* $(,)?])? $(,)?) => {
        #[cfg(test)]
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            const EXCEPT: &[&str] = &[$($($crate::__law_name!(issuer $law)),*)?];
            $crate::__issuer_laws! { __law_tests [issuer ($harness)] }
        }
    };
}

/// Makes a module with one test for each law about sign-in, refresh and sign-out.
///
/// `service_conformance!(name, harness)`: `harness` makes a new [`ServiceHarness`](crate::ServiceHarness) for each test;
/// it may use `.await`. `except: [law, …]` lists the laws that do not apply, because the issuer does not promise them or
/// the harness does not support what they need. A listed law that applies fails, and so does one that does not apply and
/// is not listed.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// use auth_core::{Issuer, Lifetime, SecretKey, Tracked};
/// use testkit::{InProcess, Parts, SimpleIssuer};
///
/// fn build(parts: &Parts) -> Arc<dyn Issuer> {
///     let key = SecretKey::from_bytes([1; 32]);
///     let life = Lifetime::Limited(Duration::from_secs(900));
///     let (clock, entropy) = (parts.clock.clone(), parts.entropy.clone());
///     let simple = SimpleIssuer::new(parts.flavour.clone(), life, key, clock, entropy);
///     Arc::new(Tracked::new(simple, parts.registry.clone()))
/// }
///
/// testkit::service_conformance!(tracked, InProcess::in_memory(build).await);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! service_conformance {
    ($name:ident, $harness:expr $(, except: [$($law:ident),* $(,)?])? $(,)?) => {
        #[cfg(test)]
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            const EXCEPT: &[&str] = &[$($($crate::__law_name!(service $law)),*)?];
            $crate::__service_laws! { __law_tests [service ($harness)] }
        }
    };
}

/// Makes a module with one test for each law about guessing passwords.
///
/// `sign_in_conformance!(name, harness)`: `harness` makes a new [`SignInHarness`](crate::SignInHarness) for each test;
/// it may use `.await`. `except: [law, …]` lists the laws that do not apply, because the harness does not support what
/// they need. A listed law that applies fails.
///
/// ```
/// testkit::sign_in_conformance!(node, testkit::PasswordNode::over(&testkit::MemoryHarness::new()));
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! sign_in_conformance {
    ($name:ident, $harness:expr $(, except: [$($law:ident),* $(,)?])? $(,)?) => {
        #[cfg(test)]
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            const EXCEPT: &[&str] = &[$($($crate::__law_name!(sign_in $law)),*)?];
            $crate::__sign_in_laws! { __law_tests [sign_in ($harness)] }
        }
    };
}

/// The name of a law. Fails to compile if there is no such law.
#[doc(hidden)]
#[macro_export]
macro_rules! __law_name {
    ($suite:ident $law:ident) => {{
        let _ = $crate::$suite::$law;
        stringify!($law)
    }};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __law_tests {
    ([$suite:ident ($harness:expr)] $($law:ident)*) => {
        $(
            #[test]
            fn $law() {
                $crate::law::hold(stringify!($law), EXCEPT, async {
                    $crate::$suite::$law(::std::sync::Arc::new($harness)).await
                });
            }
        )*
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __law_table {
    ([$suite:ident] $($law:ident)*) => {
        vec![$($crate::law::Law {
            name: stringify!($law),
            check: |harness| Box::pin($crate::$suite::$law(harness)),
        }),*]
    };
}
