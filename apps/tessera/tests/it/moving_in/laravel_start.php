<?php
// What each script of Laravel begins with. The database's path is the argument; to a server, which has none, `DB_DATABASE` gives it.
// Sanctum is in no Debian package: its table, and how it makes, finds and accepts a token, follow its documented algorithms.
require 'Illuminate/Database/autoload.php';
require 'Illuminate/Hashing/autoload.php';

use Illuminate\Database\Capsule\Manager;
use Illuminate\Database\Eloquent\Model;
use Illuminate\Database\Schema\Blueprint;
use Illuminate\Hashing\Argon2IdHasher;
use Illuminate\Hashing\BcryptHasher;
use Illuminate\Support\Carbon;
use Illuminate\Support\Str;

$path = $argv[1] ?? getenv('DB_DATABASE');
$is_new = !file_exists($path);
touch($path);
$laravel = new Manager();
$laravel->addConnection(['driver' => 'sqlite', 'database' => $path]);
$laravel->setAsGlobal();
$laravel->bootEloquent();

if ($is_new) {
    Manager::schema()->create('users', function (Blueprint $table) {
        $table->id();
        $table->string('name');
        $table->string('email')->unique();
        $table->timestamp('email_verified_at')->nullable();
        $table->string('password');
        $table->rememberToken();
        $table->timestamps();
    });
    Manager::schema()->create('personal_access_tokens', function (Blueprint $table) {
        $table->id();
        $table->morphs('tokenable');
        $table->string('name');
        $table->string('token', 64)->unique();
        $table->text('abilities')->nullable();
        $table->timestamp('last_used_at')->nullable();
        $table->timestamp('expires_at')->nullable();
        $table->timestamps();
    });
}

class User extends Model
{
    protected $guarded = [];
}

class PersonalAccessToken extends Model
{
    protected $guarded = [];
    protected $casts = ['abilities' => 'json', 'last_used_at' => 'datetime', 'expires_at' => 'datetime'];
}

// The real costs would take the tests' machine seconds.
$bcrypt = new BcryptHasher(['rounds' => 4]);
$argon2id = new Argon2IdHasher(['memory' => 256, 'time' => 2, 'threads' => 1]);
$password = 'correct horse battery';

// Since Sanctum 3.3 a secret ends with its checksum; before, it was 40 characters.
function secret(): string
{
    $entropy = Str::random(40);
    return $entropy . hash('crc32b', $entropy);
}

// How Sanctum makes a token.
function issue(string $secret, array $abilities, mixed $end, string $type = 'App\\Models\\User', string $name = 'phone'): string
{
    $token = PersonalAccessToken::create([
        'tokenable_type' => $type, 'tokenable_id' => 1, 'name' => $name, 'token' => hash('sha256', $secret),
        'abilities' => $abilities, 'expires_at' => $end,
    ]);
    return $token->getKey() . '|' . $secret;
}

// How Sanctum finds one that is presented.
function find(string $presented): ?PersonalAccessToken
{
    if (!str_contains($presented, '|')) {
        return PersonalAccessToken::where('token', hash('sha256', $presented))->first();
    }
    [$id, $secret] = explode('|', $presented, 2);
    $token = PersonalAccessToken::find($id);
    return $token && hash_equals($token->token, hash('sha256', $secret)) ? $token : null;
}

// Accepts one until its end, and notes that it was used.
function accepted(string $presented): ?PersonalAccessToken
{
    $token = find($presented);
    if (!$token || $token->expires_at?->isPast()) {
        return null;
    }
    $token->forceFill(['last_used_at' => Carbon::now()])->save();
    return $token;
}
?>
